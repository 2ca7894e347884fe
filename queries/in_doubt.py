"""Messages that may have reached somebody although nobody knows: uncertain, or sent again after they were."""

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from domain.delivery import Status
from models.message import AttemptOutcome, DeliveryAttempt, Message


def in_doubt() -> sa.ColumnElement[bool]:
    """Whether a message that is not known to have been sent may have gone out."""
    again = sa.and_(Message.status != Status.UNCERTAIN, _doubted(DeliveryAttempt.id).exists())
    return sa.and_(Message.sent_at.is_(None), sa.or_(Message.status == Status.UNCERTAIN, again))


def may_have_gone_out_at() -> sa.ScalarSelect[object]:
    """When the newest doubtful try ended; NULL where none is written down."""
    return _doubted(sa.func.max(DeliveryAttempt.finished_at)).scalar_subquery()


def _doubted(column: sa.ColumnElement[object] | sa.SQLColumnExpression[object]) -> sa.Select[object]:
    """Of a message's tries those without an answer.

    An SMTP server's late refusal is an attempt of its own, which nobody asked for and which ends as it begins
    (`services.record_outcome`): it answers the one before it.
    """
    late = aliased(DeliveryAttempt)
    answered = sa.exists().where(
        late.message_id == DeliveryAttempt.message_id,
        late.id > DeliveryAttempt.id,
        late.outcome == AttemptOutcome.REFUSED,
        late.requested_by_id.is_(None),
        late.started_at == late.finished_at,
    )
    return (
        sa.select(column)
        .where(
            DeliveryAttempt.message_id == Message.id,
            DeliveryAttempt.outcome == AttemptOutcome.UNCERTAIN,
            sa.not_(answered),
        )
        .correlate(Message)
    )
