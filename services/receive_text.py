"""A text somebody sent to us becomes a message of theirs, in its conversation, and is acted on, once."""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from domain.addresses import address_digest
from domain.channel import Channel
from domain.delivery import Status
from domain.text_messages import IncomingText, without_nul
from gateways.ejs import EjsRuntime
from models.client import Client, PhoneNumber
from models.message import AddressRole, Direction, Message, MessageAddress, Origin
from models.setting import SUPPRESSION_KEY, secret_of
from services.fire_event import ring_all
from services.job_names import Enqueue
from services.join_conversation import Incoming, join_conversation, newest_text_to
from services.react_to_text import Reaction, react_to_text
from services.tell_browsers import ring_pushes


@dataclass(frozen=True, slots=True)
class Received:
    """``is_new`` is false for a text that is here already: then nothing was done about it again."""

    message: Message
    is_new: bool
    reaction: Reaction = field(default_factory=Reaction)


def receive_text(
    session: Session,
    gateway_id: int | None,
    text: IncomingText,
    *,
    runtime: EjsRuntime,
    now: datetime,
    enqueue: Enqueue,
) -> Received:
    """Store an incoming text with the client whose number it came from, in the conversation it answers, and
    do what it plainly asks. Commits, then rings.
    """
    text = without_nul(text)
    key = _key_of(gateway_id, text)
    if known := _kept(session, key):
        return Received(known, is_new=False)
    message = _message(session, key, gateway_id, text, now)
    try:
        session.add(message)
        session.flush()
        digest = message.address_digest or ""
        newest = newest_text_to(session, digest)
        joined = join_conversation(session, Incoming(message.client_id, digest, answered=newest), now)
        message.conversation_id = joined.conversation.id
        message.is_ambiguous = joined.is_ambiguous
        message.client_id = joined.conversation.client_id or message.client_id
        session.flush()
        reaction = react_to_text(session, message, joined.answered, runtime=runtime, now=now)
        session.commit()
    except IntegrityError:
        session.rollback()
        known = _kept(session, key)
        if known is None:
            raise
        return Received(known, is_new=False)
    ring_all(reaction.rings, enqueue)
    ring_pushes(session, now=now, enqueue=enqueue)
    return Received(message, is_new=True, reaction=reaction)


def _kept(session: Session, key: str) -> Message | None:
    return session.scalars(sa.select(Message).where(Message.idempotency_key == key)).one_or_none()


def _message(
    session: Session, key: str, gateway_id: int | None, text: IncomingText, now: datetime
) -> Message:
    secret, ours = secret_of(session.connection(), SUPPRESSION_KEY), text.recipient
    to = MessageAddress(role=AddressRole.TO, address=ours, address_digest=address_digest(ours, secret))
    return Message(
        idempotency_key=key,
        channel=Channel.SMS,
        direction=Direction.INCOMING,
        origin=Origin.MAILBOX,
        status=Status.RECEIVED,
        gateway_id=gateway_id,
        client_id=_client_of(session, text.sender),
        address=text.sender,
        address_digest=address_digest(text.sender, secret),
        sender=text.sender[:16],
        body_text=text.text,
        provider_reference=text.provider_reference[:200],
        created_at=now,
        due_at=now,
        sent_at=text.moment,
        finished_at=now,
        addresses=[to] if ours else [],
    )


def _key_of(gateway_id: int | None, text: IncomingText) -> str:
    """The gateway's name for the text; where it has none, what makes it the same text heard twice."""
    if text.provider_reference:
        return f"incoming:{gateway_id}:{text.provider_reference}"
    said = f"{text.sender}\0{text.recipient}\0{text.moment}\0{text.text}"
    return f"incoming:{gateway_id}:{sha256(said.encode()).hexdigest()}"


def _client_of(session: Session, number: str) -> int | None:
    """The client with that number, primary before others; of several the one recorded first."""
    return session.scalar(
        sa.select(Client.id)
        .join(PhoneNumber, PhoneNumber.client_id == Client.id)
        .where(PhoneNumber.normalised == number, Client.merged_into_id.is_(None))
        .order_by(PhoneNumber.is_primary.desc(), Client.id)
        .limit(1)
    )
