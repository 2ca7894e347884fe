"""Whether a client's consents hold today: the one a rule names, and that to data processing."""

from typing import Any

import sqlalchemy as sa

from models.consent import ConsentDefinition, ConsentEvent, ConsentPurpose, ConsentState

HOLDS = sa.and_(
    ConsentState.granted,
    ConsentState.wording_version >= ConsentDefinition.minimum_version,
    ConsentDefinition.is_active,
)


def processing_grant(client_id: Any) -> sa.ScalarSelect[int | None]:
    """The newest consent event by which the client agrees to the processing of personal data, under any
    active definition of it; NULL without one.
    """
    return (
        _states(client_id)
        .with_only_columns(sa.func.max(ConsentState.event_id))
        .where(ConsentDefinition.purpose == ConsentPurpose.DATA_PROCESSING)
        .correlate_except(ConsentState, ConsentDefinition)
        .scalar_subquery()
    )


def processing_consent(client_id: Any) -> sa.ColumnElement[bool]:
    """Whether the client agrees to the processing of personal data."""
    return processing_grant(client_id).is_not(None)


def named_grant(client_id: Any, definition_id: int) -> sa.ScalarSelect[int | None]:
    """The consent event by which the client agrees to one definition today; NULL without one."""
    return (
        _states(client_id)
        .where(ConsentDefinition.id == definition_id)
        .correlate_except(ConsentState, ConsentDefinition)
        .scalar_subquery()
    )


def same_grant(client_id: Any, event_id: Any) -> sa.ScalarSelect[int | None]:
    """The consent event by which the client agrees today to what the event ``event_id`` was about."""
    return (
        _states(client_id)
        .join(ConsentEvent, ConsentEvent.definition_id == ConsentState.definition_id)
        .where(ConsentEvent.id == event_id)
        .correlate_except(ConsentState, ConsentDefinition, ConsentEvent)
        .scalar_subquery()
    )


def _states(client_id: Any) -> sa.Select[Any]:
    return (
        sa.select(ConsentState.event_id)
        .join(ConsentDefinition, ConsentDefinition.id == ConsentState.definition_id)
        .where(ConsentState.client_id == client_id, HOLDS)
    )
