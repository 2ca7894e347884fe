"""The conversation that a record's notifications belong to."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.conversation import Conversation
from models.notification import FiredEvent
from queries.one_client import OneClient


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


def conversation_of(session: Session, event: FiredEvent, client: OneClient, now: datetime) -> Conversation:
    """The record's conversation, opened with its first notification, as newest. The caller commits."""
    topic = topic_of(event)
    found = session.scalars(sa.select(Conversation).where(Conversation.topic == topic)).one_or_none()
    if found is None:
        found = Conversation(topic=topic, client_id=client.id, created_at=now)
        session.add(found)
    found.address_digest = client.address_digest
    found.last_message_at = now
    session.flush()
    return found
