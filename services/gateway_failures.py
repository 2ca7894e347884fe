"""An SMS gateway that is unavailable is passed over for a while; the next in the list takes its place."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.delivery import back_off
from domain.outcomes import Failure
from models.sessions import rows_changed
from models.sms_gateway import SmsGateway
from services.delivery_policy import DeliveryPolicy


def record_gateway_failure(
    session: Session, gateway_id: int, failure: Failure, *, policy: DeliveryPolicy, now: datetime
) -> None:
    """Pass the gateway over for a time that doubles with each failure in a row. Commits.

    Its settings stay as they were, and so does the time of their last change: by that the workers know
    whether the connections they keep are still good.
    """
    _write(session, gateway_id, last_failure=f"{failure.code} {failure.text}".strip()[:600])  # locks the row
    known = sa.select(SmsGateway.failures_in_a_row, SmsGateway.held_until).where(SmsGateway.id == gateway_id)
    failures, held_until = session.execute(known).one()
    if held_until is None or held_until <= now:
        held = back_off(failures + 1, first=policy.retry_first, longest=policy.retry_longest)
        _write(session, gateway_id, failures_in_a_row=failures + 1, held_until=now + held)
    session.commit()


def record_unusable_gateway(session: Session, gateway_id: int, why: str) -> bool:
    """Write down that its settings cannot be used; whether that is news. Commits."""
    text = why[:600]
    news = _write(session, gateway_id, SmsGateway.last_failure != text, last_failure=text)
    session.commit()
    return bool(news)


def clear_gateway_failure(session: Session, gateway_id: int) -> None:
    """It took a text: whatever was wrong with it is over. Commits."""
    failed = sa.or_(SmsGateway.failures_in_a_row > 0, SmsGateway.last_failure != "")
    _write(session, gateway_id, failed, failures_in_a_row=0, held_until=None, last_failure="")
    session.commit()


def _write(session: Session, gateway_id: int, *still: sa.ColumnElement[bool], **values: object) -> int:
    return rows_changed(
        session,
        sa.update(SmsGateway)
        .where(SmsGateway.id == gateway_id, *still)
        .values(updated_at=SmsGateway.updated_at, **values),
    )
