"""One conversation as it is read: its messages, what its answers decided, and where else they may belong."""

from collections.abc import Sequence
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from domain.channel import Channel
from models.conversation import Conversation, ConversationState
from models.message import Direction, Message
from models.repair import CostOffer
from queries.known_senders import known_senders


def newest_messages(session: Session, conversation_id: int, limit: int | None) -> list[Message]:
    """The last ``limit`` messages, all without one; the oldest first."""
    found = session.scalars(
        sa.select(Message)
        .where(Message.conversation_id == conversation_id)
        .order_by(Message.id.desc())
        .limit(limit)
        .options(selectinload(Message.campaign))
    )
    return list(found)[::-1]


def newest_mail_from(session: Session, conversation_id: int, address_digest: str) -> Message | None:
    """What somebody last wrote by e-mail, if anything; what a machine wrote is not answered."""
    return session.scalars(
        sa.select(Message)
        .where(
            Message.conversation_id == conversation_id,
            Message.channel == Channel.EMAIL,
            Message.direction == Direction.INCOMING,
            Message.address_digest == address_digest,
            Message.is_automatic.is_(False),
        )
        .order_by(Message.id.desc())
        .limit(1)
    ).one_or_none()


def newest_subject(session: Session, conversation: Conversation) -> str:
    """That of the last e-mail, ours or from an address on record; "" where there is none, or only a
    campaign's, which is with the campaign.
    """
    known = known_senders(session, conversation)
    return (
        session.scalar(
            sa.select(Message.subject)
            .where(
                Message.conversation_id == conversation.id,
                Message.channel == Channel.EMAIL,
                Message.is_automatic.is_(False),
                sa.or_(Message.direction == Direction.OUTGOING, Message.address_digest.in_(known)),
            )
            .order_by(Message.id.desc())
            .limit(1)
        )
        or ""
    )


def from_elsewhere(session: Session, conversation: Conversation, messages: Sequence[Message]) -> set[int]:
    """Which letters came from no address on record: whoever was passed a message of ours can answer it."""
    known = known_senders(session, conversation)
    return {
        each.id
        for each in messages
        if each.channel is Channel.EMAIL
        and each.direction is Direction.INCOMING
        and each.address_digest
        and each.address_digest not in known
    }


def how_many(session: Session, conversation_id: int) -> int:
    count = sa.select(sa.func.count()).where(Message.conversation_id == conversation_id)
    return session.scalar(count) or 0


def version_of(session: Session, conversation_id: int) -> str:
    """Something else whenever the messages would look different."""
    rows = session.execute(
        sa.select(Message.id, Message.status, Message.delivery_state, Message.cost)
        .where(Message.conversation_id == conversation_id)
        .order_by(Message.id)
    )
    return sha256(repr([tuple(row) for row in rows]).encode()).hexdigest()[:24]


def decided_by(session: Session, messages: Sequence[Message]) -> dict[int, CostOffer]:
    """The offer that each of the messages accepted or rejected."""
    offers = session.scalars(
        sa.select(CostOffer)
        .where(CostOffer.decided_by_message_id.in_([message.id for message in messages]))
        .options(selectinload(CostOffer.repair))
    )
    return {offer.decided_by_message_id: offer for offer in offers if offer.decided_by_message_id}


def others_of_number(session: Session, conversation: Conversation) -> list[Conversation]:
    """The other open conversations with the same number, the newest first."""
    if not conversation.address_digest:
        return []
    return list(
        session.scalars(
            sa.select(Conversation)
            .where(
                Conversation.address_digest == conversation.address_digest,
                Conversation.state == ConversationState.OPEN,
                Conversation.id != conversation.id,
            )
            .order_by(Conversation.last_message_at.desc())
        )
    )
