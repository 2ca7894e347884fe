"""What a gateway reports of the texts it took: in any order, any number of times."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.text_messages import DeliveryReport
from models.message import DeliveryAttempt, Direction, Message
from models.sessions import rows_changed
from services.ledger import hold_account
from services.note_delivery import note_delivery
from services.prove_taken import attempts_at, may_be_refunded, prove_taken, speaks_for


def take_reports(
    session: Session, gateway_id: int, reports: Iterable[DeliveryReport], *, now: datetime
) -> int:
    """Note what a gateway says of its texts; how many of them are ours. Commits each.

    A report proves that the gateway took the attempt it names: a text that was uncertain, waits or failed
    counts as sent from then on, and one whose answer gets lost after it is not uncertain. Where a later
    attempt went out as well, or still may, the message says what became of that one.
    """
    found = [(_found(session, gateway_id, report), report) for report in reports]
    session.rollback()
    ours = [(place, report) for place, report in found if place is not None]
    for place, report in ours:
        _take(session, gateway_id, place, report, now)
        session.commit()  # so that nobody waits for one message while this holds another
    return len(ours)


@dataclass(frozen=True, slots=True)
class _Found:
    """The message a report is of, and the attempt where the report names it."""

    message_id: int
    attempt_id: int | None


def _take(session: Session, gateway_id: int, found: _Found, report: DeliveryReport, now: datetime) -> None:
    message = _locked(session, found.message_id)
    if message.sms_account_id is not None and report.proves_taken and may_be_refunded(message):
        account_id = message.sms_account_id
        session.rollback()  # the account comes before the message
        hold_account(session, account_id)
        message = _locked(session, found.message_id)
    attempts = attempts_at(session, message.id)
    named = next((each for each in attempts if each.id == found.attempt_id), None) or speaks_for(attempts)
    if report.proves_taken:
        prove_taken(session, message, named, gateway_id, now)
    if named is not speaks_for(attempts_at(session, message.id)):
        return
    message.gateway_id = gateway_id
    message.provider_reference = message.provider_reference or report.provider_reference[:200]
    note_delivery(message, report, now)
    session.flush()


def _locked(session: Session, message_id: int) -> Message:
    """An UPDATE to begin with: on SQLite nobody else writes from here on, elsewhere it locks the row."""
    wanted = Message.id == message_id
    rows_changed(session, sa.update(Message).where(wanted).values(failures=Message.failures))
    return session.get_one(Message, message_id, populate_existing=True)


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
