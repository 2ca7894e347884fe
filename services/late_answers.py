"""A gateway's answer after the claim was lost: it ends the very attempt whose uuid the gateway was given."""

from datetime import datetime

from sqlalchemy.orm import Session

from domain.delivery import Move, sources, target
from domain.outcomes import Accepted, Outcome, Refused, Unavailable
from models.message import AttemptOutcome, DeliveryAttempt, Message
from services.lock_messages import lock_messages
from services.prove_taken import attempts_at, prove_taken, speaks_for
from services.refund_unsent import refund_unsent


def answer_late(session: Session, message_id: int, outcome: Outcome, now: datetime) -> bool | None:
    """Whether the late answer decides the message; None when it is of no attempt that was written down.

    The account that paid is locked by now. The caller commits.
    """
    if not outcome.attempt:
        return None
    lock_messages(session, Message.id == message_id)
    attempts = attempts_at(session, message_id)
    own = next((each for each in attempts if each.uuid == outcome.attempt), None)
    if own is None:
        return None
    message = session.get_one(Message, message_id, populate_existing=True)
    if isinstance(outcome, Accepted):
        return _accept(session, message, own, outcome, now)
    if own.outcome is not AttemptOutcome.UNCERTAIN or not isinstance(outcome, Refused | Unavailable):
        return False
    refused = isinstance(outcome, Refused)
    own.outcome = AttemptOutcome.REFUSED if refused else AttemptOutcome.UNAVAILABLE
    own.reply_code, own.reply_text = outcome.code[:40], outcome.text[:600]
    own.finished_at, own.gateway_id = now, outcome.gateway_id
    session.flush()
    return isinstance(outcome, Refused) and own is attempts[0] and _refuse(session, message, outcome, now)


def _accept(
    session: Session, message: Message, own: DeliveryAttempt, outcome: Accepted, now: datetime
) -> bool:
    before = message.status
    prove_taken(session, message, own, outcome.gateway_id, now)
    if speaks_for(attempts_at(session, message.id)) is own:
        message.gateway_id = outcome.gateway_id
        message.provider_reference = outcome.reference[:200] or message.provider_reference
        session.flush()
    return message.status is not before


def _refuse(session: Session, message: Message, outcome: Refused, now: datetime) -> bool:
    if message.status not in sources(Move.LATE_REFUSE):
        return False
    message.status, message.finished_at = target(Move.LATE_REFUSE), now
    message.error_code, message.error_text = outcome.code[:40], outcome.text[:600]
    session.flush()
    refund_unsent(session, [message.id], now=now)
    return True
