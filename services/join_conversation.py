"""Where an incoming text belongs: the conversation of what we last sent to that number.

The newest one, even when the answer was meant for another (manual 001_f98235051ea960ea.txt): then it is
marked, because other open conversations with that number are there.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.delivery import Status
from models.conversation import Conversation, ConversationState
from models.message import Direction, Message
from services.topics import conversation_about, topic_of_correspondent

WENT_OUT = (Status.SENT, Status.SENDING, Status.UNCERTAIN)


@dataclass(frozen=True, slots=True)
class Joined:
    """``answered``: our newest text to that number, if there was one."""

    conversation: Conversation
    answered: Message | None
    is_ambiguous: bool


def join_conversation(session: Session, client_id: int | None, address_digest: str, now: datetime) -> Joined:
    """The conversation an incoming text joins, opened anew if it was closed, unread. The caller commits."""
    answered = newest_text_to(session, address_digest)
    conversation = answered.conversation if answered else None
    if conversation is None:
        owner = answered.client_id if answered and answered.client_id else client_id
        topic = _topic(session, owner, address_digest)
        conversation = conversation_about(session, topic, owner, address_digest, now)
        if answered is not None:
            answered.conversation_id = conversation.id
    others = sa.select(
        sa.exists().where(
            Conversation.address_digest == address_digest,
            Conversation.state == ConversationState.OPEN,
            Conversation.id != conversation.id,
        )
    )
    is_ambiguous = bool(session.scalar(others))
    session.execute(
        sa.update(Conversation)
        .where(Conversation.id == conversation.id)
        .values(
            unread=Conversation.unread + 1,
            awaits_answer=True,
            state=ConversationState.OPEN,
            last_message_at=now,
        )
        .execution_options(synchronize_session=False)
    )
    session.refresh(conversation)
    return Joined(conversation, answered, is_ambiguous)


def _topic(session: Session, owner: int | None, address_digest: str) -> str:
    """A number's own conversation stays the one it writes to when somebody said whose number it is."""
    of_number = topic_of_correspondent(None, address_digest)
    linked = sa.exists().where(Conversation.topic == of_number, Conversation.client_id == owner)
    return of_number if session.scalar(sa.select(linked)) else topic_of_correspondent(owner, address_digest)


def newest_text_to(session: Session, address_digest: str) -> Message | None:
    """What we last sent to a number, or may have sent."""
    return session.scalars(
        sa.select(Message)
        .where(
            Message.address_digest == address_digest,
            Message.channel == Channel.SMS,
            Message.direction == Direction.OUTGOING,
            Message.status.in_(WENT_OUT),
        )
        .order_by(sa.func.coalesce(Message.sent_at, Message.created_at).desc(), Message.id.desc())
        .limit(1)
    ).one_or_none()
