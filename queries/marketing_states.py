"""The marketing consents that still stand for some clients: what one wish to hear nothing more would end."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from domain.channel import Channel
from models.client import Client
from models.consent import ConsentDefinition, ConsentPurpose, ConsentState


def standing_marketing(
    session: Session, channel: Channel, clients: sa.CompoundSelect[Any]
) -> Sequence[ConsentState]:
    """Every grant of marketing by the channel of these clients, and of whom any of them was merged into.

    ``clients`` selects their ids. Read anew, whatever the session holds.
    """
    behind = clients.subquery()
    merged = sa.select(Client.merged_into_id).where(Client.id.in_(sa.select(behind.c[0])))
    return session.scalars(
        sa.select(ConsentState)
        .join(ConsentDefinition, ConsentDefinition.id == ConsentState.definition_id)
        .options(joinedload(ConsentState.definition))
        .where(
            ConsentState.granted,
            ConsentDefinition.purpose == ConsentPurpose.MARKETING,
            ConsentDefinition.channel == channel,
            sa.or_(ConsentState.client_id.in_(sa.select(behind.c[0])), ConsentState.client_id.in_(merged)),
        )
        .order_by(ConsentState.client_id, ConsentState.definition_id)
        .execution_options(populate_existing=True)
    ).all()
