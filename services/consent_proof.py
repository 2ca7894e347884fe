"""What proves a client's consents: the words and answers at once, the messages as they are asked for."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, load_only

from domain.consent_proof import ProofConsent, ProofEvent, ProofMessage, ProofSheet, ProofWording
from gateways.ejs import EjsRuntime
from models.client import Client
from models.consent import ConsentDefinition, ConsentEvent
from models.message import Message
from queries.in_doubt import in_doubt, may_have_gone_out_at
from services.company_name import company_name
from services.read_message import SubjectReader

AT_ONCE = 200


def proof_of(session: Session, client: Client, now: datetime) -> ProofSheet:
    """Of the client and of everybody merged into it."""
    events = session.scalars(
        sa.select(ConsentEvent)
        .join(ConsentDefinition, ConsentDefinition.id == ConsentEvent.definition_id)
        .where(_of(client))
        .options(
            joinedload(ConsentEvent.definition),
            joinedload(ConsentEvent.wording),
            joinedload(ConsentEvent.actor),
            joinedload(ConsentEvent.evidence),
        )
        .order_by(ConsentDefinition.position, ConsentDefinition.id, ConsentEvent.occurred_at, ConsentEvent.id)
    )
    by_definition = groupby(events, lambda event: event.definition)
    messages, uncertain = session.execute(
        sa.select(sa.func.count(), sa.func.count(sa.case((in_doubt(), 1))))
        .select_from(Message)
        .where(*_sent(client))
    ).one()
    return ProofSheet(
        client_id=client.id,
        client=client.name,
        company=company_name(session),
        made_at=now,
        consents=tuple(_consent(definition, list(said)) for definition, said in by_definition),
        messages=messages,
        uncertain=uncertain,
    )


def messages_under(session: Session, client: Client, runtime: EjsRuntime) -> Iterator[ProofMessage]:
    """Every message that relied on one of the client's consents and was sent or may have been, oldest first.

    Few are held at a time, however many there are.
    """
    titles, last = SubjectReader(runtime), 0
    while rows := session.execute(_page(client, last)).all():
        for message, moment in rows:
            if message.consent_event_id is not None:
                yield ProofMessage(
                    event=message.consent_event_id,
                    sent_at=moment,
                    channel=message.channel.value,
                    address=message.address,
                    title=titles.subject(message),
                    is_uncertain=message.sent_at is None,
                )
        last = rows[-1][0].id
        for message, _moment in rows:
            session.expunge(message)


def _page(client: Client, after: int) -> sa.Select[Message, datetime]:
    kept = load_only(
        Message.channel,
        Message.consent_event_id,
        Message.sent_at,
        Message.address,
        Message.subject,
        Message.body_text,
        Message.merge_values,
    )
    moment = sa.func.coalesce(
        Message.sent_at, may_have_gone_out_at(), Message.finished_at, Message.created_at
    )
    return (
        sa.select(Message, moment)
        .where(Message.id > after, *_sent(client))
        .options(kept, joinedload(Message.campaign))
        .order_by(Message.id)
        .limit(AT_ONCE)
    )


def _sent(client: Client) -> tuple[sa.ColumnElement[bool], ...]:
    """By the index of the client's messages: each relies on a consent of its client or of the survivor."""
    theirs = sa.select(ConsentEvent.id).where(_of(client))
    return (
        Message.client_id.in_(_ids(client)),
        Message.consent_event_id.in_(theirs),
        sa.or_(Message.sent_at.is_not(None), in_doubt()),
    )


def _of(client: Client) -> sa.ColumnElement[bool]:
    return ConsentEvent.client_id.in_(_ids(client))


def _ids(client: Client) -> sa.Select[int]:
    return sa.select(Client.id).where(sa.or_(Client.id == client.id, Client.merged_into_id == client.id))


def _consent(definition: ConsentDefinition, events: Sequence[ConsentEvent]) -> ProofConsent:
    answered = {event.wording_id: event.wording for event in events}
    wordings = sorted(answered.values(), key=lambda wording: wording.version)
    return ProofConsent(
        name=definition.name,
        purpose=definition.purpose.value,
        channel=definition.channel.value if definition.channel else "",
        wordings=tuple(
            ProofWording(wording.version, wording.created_at, wording.text) for wording in wordings
        ),
        events=tuple(map(_event, events)),
    )


def _event(event: ConsentEvent) -> ProofEvent:
    actor, evidence = event.actor, event.evidence
    return ProofEvent(
        number=event.id,
        said=event.action.value,
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
        wording=event.wording.version,
        how=event.method.value,
        source=event.source,
        by=(actor.name or actor.email) if actor else "",
        ip=evidence.ip_address if evidence else "",
        user_agent=evidence.user_agent if evidence else "",
    )
