"""The consent that permits marketing by a channel today (PKE art. 398)."""

from typing import Any

import sqlalchemy as sa

from domain.channel import Channel
from models.consent import ConsentDefinition, ConsentPurpose, ConsentState
from queries.given_consents import HOLDS


def marketing_grant(client_id: Any, channel: Channel) -> sa.ScalarSelect[int | None]:
    """The newest consent event that permits marketing by the channel today; NULL when none does."""
    return (
        sa.select(sa.func.max(ConsentState.event_id))
        .join(ConsentDefinition, ConsentDefinition.id == ConsentState.definition_id)
        .where(
            ConsentState.client_id == client_id,
            HOLDS,
            ConsentDefinition.purpose == ConsentPurpose.MARKETING,
            ConsentDefinition.channel == channel,
        )
        .correlate_except(ConsentState, ConsentDefinition)
        .scalar_subquery()
    )
