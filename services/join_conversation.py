"""Where an incoming message belongs: the conversation of what it answers.

A text answers what we last sent to its number, even when it was meant for another conversation (manual
001_f98235051ea960ea.txt): then it is marked, because other open ones with that number are there. An e-mail
says what it answers.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.delivery import Status
from models.conversation import Conversation, ConversationState
from models.message import Direction, Message
from services.tell_browsers import tell_browsers
from services.topics import conversation_about, topic_of_correspondent

WENT_OUT = (Status.SENT, Status.SENDING, Status.UNCERTAIN)


@dataclass(frozen=True, slots=True)
class Incoming:
    """``answered``: the message of ours it answers, if there is one; ``is_certain`` when it says so itself,
    and nothing else can be meant. ``waits``: a person is to read it.
    """

    client_id: int | None
    address_digest: str
    channel: Channel = Channel.SMS
    answered: Message | None = None
    is_certain: bool = False
    waits: bool = True


@dataclass(frozen=True, slots=True)
class Joined:
    conversation: Conversation
    answered: Message | None
    is_ambiguous: bool


def join_conversation(session: Session, incoming: Incoming, now: datetime) -> Joined:
    """The conversation a message joins, opened anew if it was closed, unread if it waits."""
    answered, digest = incoming.answered, incoming.address_digest
    conversation = answered.conversation if answered else None
    if conversation is None:
        owner = answered.client_id if answered and answered.client_id else incoming.client_id
        # What a stranger passed on stays that stranger's, whoever answers it.
        partner = answered.address_digest or digest if answered and owner is None else digest
        topic = _topic(session, owner, partner, incoming.channel)
        conversation = conversation_about(session, topic, owner, partner, now)
        if answered is not None:
            answered.conversation_id = conversation.id
    is_ambiguous = not incoming.is_certain and _has_others(session, conversation, digest)
    if incoming.waits:
        _waits(session, conversation, now)
    return Joined(conversation, answered, is_ambiguous)


def _has_others(session: Session, conversation: Conversation, address_digest: str) -> bool:
    others = sa.select(
        sa.exists().where(
            Conversation.address_digest == address_digest,
            Conversation.state == ConversationState.OPEN,
            Conversation.id != conversation.id,
        )
    )
    return bool(session.scalar(others))


def _waits(session: Session, conversation: Conversation, now: datetime) -> None:
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
    tell_browsers(session, conversation.id, now)


def _topic(session: Session, owner: int | None, address_digest: str, channel: Channel) -> str:
    """An address's own conversation stays the one it writes to when somebody said whose it is."""
    of_address = topic_of_correspondent(None, address_digest, channel)
    linked = sa.exists().where(Conversation.topic == of_address, Conversation.client_id == owner)
    if owner is None or session.scalar(sa.select(linked)):
        return of_address
    return topic_of_correspondent(owner, address_digest)


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
