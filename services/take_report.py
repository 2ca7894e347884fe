"""What a gateway reports of the texts it took: in any order, any number of times."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.delivery import Move, reported_state, sources, target
from domain.text_messages import DeliveryReport, without_nul
from models.message import AttemptOutcome, DeliveryAttempt, Message


def take_reports(
    session: Session, gateway_id: int, reports: Iterable[DeliveryReport], *, now: datetime
) -> int:
    """Note what a gateway says of its texts; how many of them are ours. Commits.

    A report proves that the gateway took the text: one that was uncertain counts as sent from then on.
    """
    known = sum(_take(session, gateway_id, without_nul(report), now) for report in reports)
    session.commit()
    return known


def _take(session: Session, gateway_id: int, report: DeliveryReport, now: datetime) -> bool:
    attempt = _attempt_of(session, gateway_id, report)
    message = _message_of(session, gateway_id, report, attempt)
    if message is None:
        return False
    if attempt is not None and attempt.outcome in (None, AttemptOutcome.UNCERTAIN):
        attempt.gateway_id = gateway_id
        if message.status in sources(Move.LATE_ACCEPT):
            attempt.outcome, attempt.finished_at = AttemptOutcome.ACCEPTED, now
    if message.status in sources(Move.LATE_ACCEPT):
        message.status = target(Move.LATE_ACCEPT)
        message.sent_at = message.finished_at or now
        message.error_code = message.error_text = ""
    message.gateway_id = gateway_id
    message.provider_reference = message.provider_reference or report.provider_reference[:200]
    message.delivery_state = reported_state(message.delivery_state, report.state)
    session.flush()
    return True


def _attempt_of(session: Session, gateway_id: int, report: DeliveryReport) -> DeliveryAttempt | None:
    """The attempt a report names, provided that no other gateway took it."""
    if not report.reference:
        return None
    return session.scalars(
        sa.select(DeliveryAttempt).where(
            DeliveryAttempt.uuid == report.reference,
            sa.or_(DeliveryAttempt.gateway_id.is_(None), DeliveryAttempt.gateway_id == gateway_id),
        )
    ).one_or_none()


def _message_of(
    session: Session, gateway_id: int, report: DeliveryReport, attempt: DeliveryAttempt | None
) -> Message | None:
    """The message, locked; by our own reference, or by the gateway's where it repeats none of ours."""
    if attempt is not None:
        wanted = Message.id == attempt.message_id
    elif report.provider_reference and not report.reference:
        wanted = sa.and_(
            Message.gateway_id == gateway_id, Message.provider_reference == report.provider_reference
        )
    else:
        return None
    return session.scalars(
        sa.select(Message)
        .where(wanted)
        .order_by(Message.id.desc())
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
