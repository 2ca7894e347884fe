"""Record that a client gave or withdrew a consent."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, scoped_session

from domain.consent import Said
from domain.errors import DomainError
from models.client import Client
from models.consent import (
    ConsentAction,
    ConsentDefinition,
    ConsentEvent,
    ConsentEvidence,
    ConsentMethod,
    ConsentState,
)
from services.hold_row import hold_row


class ConsentHasNoWording(DomainError):
    """Parameter: ``name``."""

    message = "The consent %(name)s has no wording yet, so nobody can give it."


class ConsentFromTheFuture(DomainError):
    message = "A consent cannot have been given later than now."


def record_consent(
    session: Session | scoped_session[Any],
    *,
    client_id: int,
    definition: ConsentDefinition,
    action: ConsentAction,
    method: ConsentMethod,
    source: str,
    actor_id: int | None,
    now: datetime,
    ip: str = "",
    user_agent: str = "",
    occurred_at: datetime | None = None,
) -> ConsentEvent:
    """Append the event under the current wording and project the state, in the caller's transaction.

    ``occurred_at`` is when the person said it, ``now`` when it is recorded (and its default). The event is
    kept whatever it changes: it is the proof. Raises ConsentHasNoWording and ConsentFromTheFuture.
    """
    if not definition.wordings:
        raise ConsentHasNoWording(name=definition.name)
    said_at = occurred_at or now
    if said_at > now:
        raise ConsentFromTheFuture
    # Two people recording for one client take turns, so that the state is projected from both. An approval,
    # whose messages refer to the client, does not wait: it may hold the audit that this one waits for.
    session.execute(sa.select(Client.id).where(Client.id == client_id).with_for_update(key_share=True))
    event = ConsentEvent(
        client_id=client_id,
        definition_id=definition.id,
        wording_id=definition.current_wording.id,
        action=action,
        method=method,
        source=source[:300],
        actor_id=actor_id,
        occurred_at=said_at,
        recorded_at=now,
    )
    if ip or user_agent:
        event.evidence = ConsentEvidence(ip_address=ip[:64], user_agent=user_agent[:400])
    session.add(event)
    session.flush()
    _project(session, event, definition.current_wording.version)
    return event


def standing_grant(
    session: Session | scoped_session[Any], client_id: int, definition: ConsentDefinition
) -> ConsentEvent | None:
    """The grant under the current wording that holds today, if there is one.

    None after a withdrawal, and when the grant is of an older wording: to say yes to other words, or once
    more after a no, is something new (RODO art. 7). Until the caller commits nobody else finds there is none.
    """
    hold_row(session, Client.updated_at, client_id)
    state = session.get(ConsentState, (client_id, definition.id), populate_existing=True)
    if state is None or not state.granted or not definition.wordings:
        return None
    return state.event if state.wording_version == definition.current_wording.version else None


def _project(session: Session | scoped_session[Any], event: ConsentEvent, version: int) -> None:
    granted = event.action == ConsentAction.GRANTED
    state = session.get(
        ConsentState, (event.client_id, event.definition_id), populate_existing=True, with_for_update=True
    )
    if state is None:
        session.add(
            ConsentState(
                client_id=event.client_id,
                definition_id=event.definition_id,
                granted=granted,
                wording_version=version,
                event_id=event.id,
            )
        )
    elif _said(granted, version, event).supersedes(_said(state.granted, state.wording_version, state.event)):
        state.granted, state.wording_version, state.event_id = granted, version, event.id
    session.flush()


def withdraw_consents(
    session: Session,
    standing: Iterable[ConsentState],
    *,
    method: ConsentMethod,
    source: str,
    now: datetime,
    ip: str = "",
    user_agent: str = "",
) -> None:
    """Record that the clients themselves withdrew these consents, in the caller's transaction."""
    for state in standing:
        record_consent(
            session,
            client_id=state.client_id,
            definition=state.definition,
            action=ConsentAction.WITHDRAWN,
            method=method,
            source=source,
            actor_id=None,
            now=now,
            ip=ip,
            user_agent=user_agent,
        )


def _said(granted: bool, version: int, event: ConsentEvent) -> Said:
    return Said(granted, version, event.occurred_at, event.id)
