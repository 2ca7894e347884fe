"""What a gateway reports of the texts it took: in any order, any number of times."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.delivery import Move, Status, reported_state, sources, target
from domain.text_messages import DeliveryReport
from models.message import AttemptOutcome, DeliveryAttempt, Direction, Message
from models.sessions import rows_changed


def take_reports(
    session: Session, gateway_id: int, reports: Iterable[DeliveryReport], *, now: datetime
) -> int:
    """Note what a gateway says of its texts; how many of them are ours. Commits.

    A report proves that the gateway took the text: one that was uncertain counts as sent from then on, and
    one whose answer gets lost after it is none. An attempt that another followed says nothing of the message.
    """
    found = [(_found(session, gateway_id, report), report) for report in reports]
    session.rollback()
    ours = [(place, report) for place, report in found if place is not None]
    for place, report in sorted(ours, key=lambda pair: pair[0].message_id):  # so that two never cross
        _take(session, gateway_id, place, report, now)
    session.commit()
    return len(ours)


@dataclass(frozen=True, slots=True)
class _Found:
    """The message a report is of, and the attempt where the report names it."""

    message_id: int
    attempt_id: int | None


def _take(session: Session, gateway_id: int, found: _Found, report: DeliveryReport, now: datetime) -> None:
    # An UPDATE to begin with: on SQLite nobody else writes from here on, elsewhere it locks the row.
    wanted = Message.id == found.message_id
    rows_changed(session, sa.update(Message).where(wanted).values(failures=Message.failures))
    message = session.get_one(Message, found.message_id, populate_existing=True)
    newest = session.scalars(
        sa.select(DeliveryAttempt)
        .where(DeliveryAttempt.message_id == message.id)
        .order_by(DeliveryAttempt.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found.attempt_id is not None and (newest is None or newest.id != found.attempt_id):
        return
    if report.proves_taken:
        _believe(message, newest, gateway_id, now)
    message.gateway_id = gateway_id
    message.provider_reference = message.provider_reference or report.provider_reference[:200]
    message.delivery_state = reported_state(message.delivery_state, report.state)
    session.flush()


def _believe(message: Message, attempt: DeliveryAttempt | None, gateway_id: int, now: datetime) -> None:
    """The gateway has the text, whatever became of its answer."""
    undecided = attempt is not None and attempt.outcome in (None, AttemptOutcome.UNCERTAIN)
    if attempt is not None and undecided and message.status in (Status.SENDING, Status.UNCERTAIN):
        attempt.outcome, attempt.finished_at, attempt.gateway_id = AttemptOutcome.ACCEPTED, now, gateway_id
    if message.status in sources(Move.LATE_ACCEPT):
        message.status = target(Move.LATE_ACCEPT)
        message.sent_at = message.finished_at or now
        message.error_code = message.error_text = ""


def _found(session: Session, gateway_id: int, report: DeliveryReport) -> _Found | None:
    """By our own reference, provided that no other gateway took it, or by the gateway's where it repeats none
    of ours.
    """
    if report.reference:
        row = session.execute(
            sa.select(DeliveryAttempt.message_id, DeliveryAttempt.id).where(
                DeliveryAttempt.uuid == report.reference,
                sa.or_(DeliveryAttempt.gateway_id.is_(None), DeliveryAttempt.gateway_id == gateway_id),
            )
        ).one_or_none()
        return _Found(*row) if row else None
    number = session.scalar(
        sa.select(Message.id)
        .where(
            Message.gateway_id == gateway_id,
            Message.provider_reference == report.provider_reference,
            Message.direction == Direction.OUTGOING,
        )
        .order_by(Message.id.desc())
        .limit(1)
    )
    return _Found(number, None) if number is not None and report.provider_reference else None
