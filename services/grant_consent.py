"""Recording, where its lack was found, that a client agreed to messages by one channel."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.errors import DomainError
from models.client import Client
from models.consent import ConsentAction, ConsentDefinition, ConsentEvent, ConsentMethod, ConsentPurpose
from services.correct_contact import NoSuchClient
from services.record_audit import append_audit
from services.record_consent import record_consent, standing_grant


class SourceMissing(DomainError):
    message = "Say where this consent comes from, e.g. “signed form of 12 March, folder 7”."


class ConsentNotOffered(DomainError):
    message = "Choose one of the active consents to e-mail messages."


class SmsConsentNotOffered(ConsentNotOffered):
    message = "Choose one of the active consents to SMS messages."


def marketing_consents(session: Session, channel: Channel) -> list[ConsentDefinition]:
    """The active definitions under which marketing may be sent by a channel, in their order."""
    return list(
        session.scalars(
            sa.select(ConsentDefinition)
            .where(
                ConsentDefinition.is_active,
                ConsentDefinition.purpose == ConsentPurpose.MARKETING,
                ConsentDefinition.channel == channel,
            )
            .order_by(ConsentDefinition.position, ConsentDefinition.id)
        )
    )


def grant_marketing_consent(
    session: Session,
    client_id: int,
    *,
    channel: Channel,
    definition_id: int,
    method: ConsentMethod,
    source: str,
    actor_id: int | None,
    now: datetime,
) -> ConsentEvent | None:
    """Record the grant with its source, and audit it. Commits.

    None when this consent was valid already, under its current wording: then nothing is recorded.
    Raises SourceMissing, ConsentNotOffered, NoSuchClient, and what `record_consent` raises.
    """
    source = source.strip()
    if not source:
        raise SourceMissing
    offered = marketing_consents(session, channel)
    definition = next((each for each in offered if each.id == definition_id), None)
    if definition is None:
        raise SmsConsentNotOffered if channel == Channel.SMS else ConsentNotOffered
    client = session.get(Client, client_id)
    if client is None or client.merged_into_id is not None:
        raise NoSuchClient
    if standing_grant(session, client_id, definition) is not None:
        session.rollback()
        return None
    event = record_consent(
        session,
        client_id=client_id,
        definition=definition,
        action=ConsentAction.GRANTED,
        method=method,
        source=source,
        actor_id=actor_id,
        now=now,
    )
    append_audit(
        session,
        actor_id=actor_id,
        action="grant_consent",
        entity="client",
        entity_id=client_id,
        values={"consent": definition.name, "method": method.value, "source": source, "event": event.id},
        now=now,
    )
    session.commit()
    return event
