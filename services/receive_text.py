"""A text somebody sent to us becomes a message of theirs, once."""

from datetime import datetime
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from domain.addresses import address_digest
from domain.channel import Channel
from domain.delivery import Status
from domain.text_messages import IncomingText, without_nul
from models.client import Client, PhoneNumber
from models.message import Direction, Message, Origin
from models.setting import SUPPRESSION_KEY, secret_of


def receive_text(session: Session, gateway_id: int, text: IncomingText, *, now: datetime) -> bool:
    """Store an incoming text with the client whose number it came from; False when it is here already.

    Commits.
    """
    text = without_nul(text)
    key = _key_of(gateway_id, text)
    if session.scalar(sa.select(sa.exists().where(Message.idempotency_key == key))):
        return False
    client = _client_of(session, text.sender)
    digest = address_digest(text.sender, secret_of(session.connection(), SUPPRESSION_KEY))
    session.rollback()
    session.add(
        Message(
            idempotency_key=key,
            channel=Channel.SMS,
            direction=Direction.INCOMING,
            origin=Origin.MAILBOX,
            status=Status.RECEIVED,
            gateway_id=gateway_id,
            client_id=client,
            address=text.sender,
            address_digest=digest,
            sender=text.sender[:16],
            body_text=text.text,
            provider_reference=text.provider_reference[:200],
            created_at=now,
            due_at=now,
            sent_at=text.moment,
            finished_at=now,
        )
    )
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        if not session.scalar(sa.select(sa.exists().where(Message.idempotency_key == key))):
            raise
        return False
    return True


def _key_of(gateway_id: int, text: IncomingText) -> str:
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
