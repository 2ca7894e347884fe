"""What an incoming text does by itself: a wish to hear nothing more, or a yes or no to an offered cost.

Whatever is not plainly one of these stays unread for a person. What was done or not is kept with the text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.answers import Answer, answer_in, is_stop
from domain.channel import Channel
from domain.correspondence import OFFER_ACCEPTED_SMS, OFFER_REJECTED_SMS, STOPPED_SMS
from domain.errors import DomainError
from gateways.ejs import EjsRuntime
from models.client import PhoneNumber
from models.consent import ConsentMethod, ConsentState
from models.message import Message, Origin
from models.repair import ChangeSource
from queries.marketing_states import standing_marketing
from queries.offer_asked import offer_asked_in
from services.choose_account import NoSmsAccount, SmsAccountOff, sms_account_to_send_from
from services.decide_offer import decide_offer
from services.fire_event import Ring
from services.mark_effect import OUR_WORD, mark_answer, mark_stop
from services.move_repair import Mover
from services.record_consent import withdraw_consents
from services.record_values import repair_values
from services.sms_settings import sms_settings
from services.text_content import TextRenderer, prepare_text


@dataclass(frozen=True, slots=True)
class Reaction:
    """What was understood: ``said`` is unclear where a person decides. ``rings`` are for after the commit."""

    said: Answer = Answer.UNCLEAR
    stopped: int = 0
    rings: tuple[Ring, ...] = ()


def react_to_text(
    session: Session, incoming: Message, answered: Message | None, *, runtime: EjsRuntime, now: datetime
) -> Reaction:
    """Act on an incoming text that is stored with its conversation. The caller commits, then rings.

    ``answered`` is our newest text to that number: a yes or a no counts only when that is the very question
    about an offer, and the offer still open, unexpired, and the repair still waiting for it.
    """
    text = incoming.body_text or ""
    if is_stop(text):
        return _stop(session, incoming, runtime, now)
    said = answer_in(text)
    offer = offer_asked_in(session, answered)
    if said is Answer.UNCLEAR or offer is None:
        mark_answer(session, incoming, answered, said, now)
        return Reaction()
    mover = Mover(ChangeSource.ANSWER, message_id=incoming.id)
    accepted = said is Answer.YES
    try:
        with session.begin_nested():
            moved = decide_offer(session, offer.id, accepted=accepted, mover=mover, runtime=runtime, now=now)
    except DomainError:  # decided, expired or replaced: the answer is there for a person to read
        mark_answer(session, incoming, answered, said, now)
        return Reaction()
    words = OFFER_ACCEPTED_SMS if accepted else OFFER_REJECTED_SMS
    thanks = _confirm(session, incoming, words, repair_values(offer.repair, offer), runtime, now)
    return Reaction(said, rings=(*moved.rings, *thanks))


def _stop(session: Session, incoming: Message, runtime: EjsRuntime, now: datetime) -> Reaction:
    grants = _marketing_grants(session, incoming)
    withdraw_consents(session, grants, method=ConsentMethod.SMS, source=f"#{incoming.id}", now=now)
    mark_stop(incoming, len(grants))
    if not grants:
        return Reaction()
    return Reaction(stopped=len(grants), rings=_confirm(session, incoming, STOPPED_SMS, {}, runtime, now))


def _marketing_grants(session: Session, incoming: Message) -> Sequence[ConsentState]:
    """Every grant of marketing by SMS of everybody whose number it is, or who was written to there."""
    behind = (
        sa.select(PhoneNumber.client_id)
        .where(PhoneNumber.address_digest == incoming.address_digest)
        .union(sa.select(Message.client_id).where(Message.id == incoming.id))
    )
    return standing_marketing(session, Channel.SMS, behind)


def _confirm(
    session: Session,
    incoming: Message,
    words: str,
    values: dict[str, str],
    runtime: EjsRuntime,
    now: datetime,
) -> tuple[Ring, ...]:
    """One text back, in the same conversation; none where nothing can be sent from here."""
    try:
        account = sms_account_to_send_from(session)
        content = prepare_text(words, sms_settings(session))
        (text,) = TextRenderer(content, runtime).render_many([values])
    except (NoSmsAccount, SmsAccountOff):
        return ()
    message = Message(
        idempotency_key=f"{OUR_WORD}{incoming.id}",
        channel=Channel.SMS,
        origin=Origin.MANUAL,
        sms_account_id=account.id,
        sender=account.sender,
        conversation_id=incoming.conversation_id,
        client_id=incoming.client_id,
        address=incoming.address,
        address_digest=incoming.address_digest,
        recipient_name=incoming.recipient_name,
        body_text=content.finished(text),
        created_at=now,
        due_at=now,
    )
    session.add(message)
    session.flush()
    return (Ring(Channel.SMS, account.id, message.id),)
