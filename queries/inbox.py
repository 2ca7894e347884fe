"""How much of the correspondence waits for a person."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, scoped_session

from domain.channel import Channel
from models.conversation import Conversation, ConversationState
from models.message import Direction, Message


@dataclass(frozen=True, slots=True)
class Inbox:
    """Conversations with unread messages, and open ones whose last word is the correspondent's."""

    unread: int
    awaiting: int


def inbox(session: Session | scoped_session[Any]) -> Inbox:
    """Both numbers at once: every page and every few seconds ask for them."""
    awaits = sa.and_(Conversation.awaits_answer, Conversation.state == ConversationState.OPEN)
    unread, awaiting = session.execute(
        sa.select(sa.func.count().filter(Conversation.unread > 0), sa.func.count().filter(awaits))
        .select_from(Conversation)
        .where(sa.or_(Conversation.unread > 0, Conversation.awaits_answer))
    ).one()
    return Inbox(unread, awaiting)


def last_messages(session: Session | scoped_session[Any], conversation_ids: list[int]) -> dict[int, Message]:
    """The newest message of each conversation that has one."""
    newest = (
        sa.select(sa.func.max(Message.id))
        .where(Message.conversation_id.in_(conversation_ids))
        .group_by(Message.conversation_id)
    )
    found = session.scalars(sa.select(Message).where(Message.id.in_(newest)))
    return {message.conversation_id: message for message in found if message.conversation_id is not None}


def numbers_of(session: Session | scoped_session[Any], conversation_ids: list[int]) -> dict[int, str]:
    """Whom each conversation is with: the stranger whose it is, else the address somebody's newest message
    came from, else that our newest one went to.
    """
    is_incoming = sa.case((Message.direction == Direction.INCOMING, 1), else_=0)
    is_strangers = sa.case((_is_of_who_began(), 1), else_=0)
    rows = session.execute(
        sa.select(Message.conversation_id, Message.address)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Message.conversation_id.in_(conversation_ids), Message.is_automatic.is_(False))
        .group_by(Message.conversation_id, Message.address, is_strangers, is_incoming)
        .order_by(is_strangers, is_incoming, sa.func.max(Message.id))
    )
    return {conversation_id: address for conversation_id, address in rows if conversation_id is not None}


def _is_of_who_began() -> sa.ColumnElement[bool]:
    """Whether a message has the address that began a conversation about no record; see `services.topics`."""
    ways = (Conversation.topic.startswith(f"{way}:") for way in (Channel.SMS, Channel.EMAIL))
    return sa.and_(Conversation.address_digest == Message.address_digest, sa.or_(*ways))
