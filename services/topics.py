"""The conversation a message belongs to: one for each record, and one for whatever else a client says."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from domain.channel import Channel
from models.conversation import Conversation, ConversationState
from models.notification import FiredEvent
from models.sessions import rows_changed
from queries.one_client import OneClient

_OF_AN_ADDRESS = 48
"""Characters of the digest of a number or an address that make a topic."""


def topic_of(event: FiredEvent) -> str:
    """The record an event is about, as `models.conversation.Conversation.topic` names it."""
    records = (
        ("ticket", event.ticket_id),
        ("payment_due", event.payment_due_id),
        ("shipment", event.shipment_id),
        ("repair", event.repair_id),
    )
    kind, number = next((kind, number) for kind, number in records if number is not None)
    return f"{kind}:{number}"


def topic_of_correspondent(client_id: int | None, address_digest: str, channel: Channel = Channel.SMS) -> str:
    """Where belongs what is about no record; of a stranger, what came by that channel from that address."""
    return f"client:{client_id}" if client_id else f"{channel.value}:{address_digest[:_OF_AN_ADDRESS]}"


def stranger_channel(conversation: Conversation) -> Channel | None:
    """How a stranger opened the conversation; none for one that was a client's from the start."""
    digest = conversation.address_digest or ""
    ways = (channel for channel in (Channel.SMS, Channel.EMAIL) if digest)
    return next(
        (way for way in ways if conversation.topic == topic_of_correspondent(None, digest, way)), None
    )


def conversation_of(session: Session, event: FiredEvent, client: OneClient, now: datetime) -> Conversation:
    """The record's conversation, which a notification makes the newest. The caller commits."""
    return conversation_about(session, topic_of(event), client.id, client.address_digest, now)


def conversation_about(
    session: Session, topic: str, client_id: int | None, address_digest: str, now: datetime
) -> Conversation:
    """The conversation of that topic, opened when it is the first time, as newest. The caller commits.

    Whoever opens it at the same moment waits for the other, and both have the same one.
    """
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    first = insert(Conversation).values(
        topic=topic,
        client_id=client_id,
        subject="",
        state=ConversationState.OPEN,
        unread=0,
        awaits_answer=False,
        created_at=now,
        updated_at=now,
    )
    rows_changed(session, first.on_conflict_do_nothing(index_elements=["topic"]))
    rows_changed(
        session,
        sa.update(Conversation)
        .where(Conversation.topic == topic)
        .values(address_digest=address_digest, last_message_at=now),
    )
    return session.scalars(
        sa.select(Conversation).where(Conversation.topic == topic).execution_options(populate_existing=True)
    ).one()
