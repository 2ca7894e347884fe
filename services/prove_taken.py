"""A gateway has proven that it took a text: which attempt went out, and what the message is then."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.delivery import Move, Status, sources, target
from domain.local_time import WARSAW
from models.message import AttemptOutcome, DeliveryAttempt, Message
from models.sessions import rows_changed
from services.ledger import Fare, Stamp, charge_many
from services.sms_days import DayKey, add_to_day, counted_as

_DOUBTED = (None, AttemptOutcome.UNCERTAIN, AttemptOutcome.UNAVAILABLE)


def attempts_at(session: Session, message_id: int) -> list[DeliveryAttempt]:
    """The attempts at a message, the newest first, as they are now."""
    query = (
        sa.select(DeliveryAttempt)
        .where(DeliveryAttempt.message_id == message_id)
        .order_by(DeliveryAttempt.id.desc())
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(query))


def speaks_for(attempts: list[DeliveryAttempt]) -> DeliveryAttempt | None:
    """The attempt by which a message went out or still may: the newest that was taken or is open."""
    for attempt in attempts:
        if attempt.outcome in (None, AttemptOutcome.ACCEPTED):
            return attempt
    return attempts[0] if attempts else None


def prove_taken(
    session: Session, message: Message, attempt: DeliveryAttempt | None, gateway_id: int | None, now: datetime
) -> None:
    """The gateway has this attempt's text, whatever became of its answer. The message is locked by now, and
    before it the account of one that ``may_be_refunded``; the caller commits.

    Nothing that waits is sent a second time, nor does the message count as failed, and what a refund paid
    back is charged again as far as the money goes. One that a worker holds is left to it: see `was_taken`.
    """
    if attempt is not None and attempt.outcome in _DOUBTED:
        attempt.outcome, attempt.finished_at, attempt.gateway_id = AttemptOutcome.ACCEPTED, now, gateway_id
        session.flush()
    refused = attempt is not None and attempt.outcome is AttemptOutcome.REFUSED
    if refused or message.status not in sources(Move.PROVE):
        return
    refunded = may_be_refunded(message) and not message.cost
    message.status = target(Move.PROVE)
    message.sent_at = message.finished_at = message.finished_at or now
    message.error_code = message.error_text = ""
    session.flush()
    close_open_attempts(session, message.id, AttemptOutcome.UNAVAILABLE, now)
    if attempt is not None and refunded:
        _charge_again(session, message, attempt, now)


def may_be_refunded(message: Message) -> bool:
    """Whether a proof may have to charge the message again: lock its account first then."""
    return message.status in (Status.QUEUED, Status.FAILED)


def _charge_again(session: Session, message: Message, attempt: DeliveryAttempt, now: datetime) -> None:
    account_id, parts, price = message.sms_account_id, message.parts, message.unit_price
    if account_id is None or not parts or not price:
        return
    fare = Fare(message.id, f"{attempt.uuid}:proven", parts * price)
    charged = charge_many(session, account_id, [fare], campaign_id=message.campaign_id, stamp=Stamp(now))
    if not charged.new:
        return
    day = now.astimezone(WARSAW).date()
    message.cost, message.charged_on = fare.units, day
    session.flush()
    origin = counted_as(session, [message.id])[message.id]
    key = DayKey(day, account_id, message.sender, origin, message.campaign_id or 0)
    add_to_day(session, key, messages=1, parts=parts, cost=fare.units)


def close_open_attempts(session: Session, message_id: int, outcome: AttemptOutcome, now: datetime) -> int:
    """End the attempts at a message that have no outcome yet; how many. The caller commits."""
    return rows_changed(
        session,
        sa.update(DeliveryAttempt)
        .where(DeliveryAttempt.message_id == message_id, DeliveryAttempt.outcome.is_(None))
        .values(outcome=outcome, finished_at=now),
    )
