"""Blocking an address, and the one block an address has."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from domain.channel import Channel
from models.sessions import rows_changed
from models.suppression import Suppression, SuppressionReason


def suppress(
    session: Session,
    *,
    channel: Channel,
    address_digest: str,
    reason: SuppressionReason,
    source: str,
    detail: str,
    actor_id: int | None,
    now: datetime,
) -> Suppression:
    """Block an address; one that is blocked already keeps its first block. The caller commits."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    rows_changed(
        session,
        insert(Suppression)
        .values(
            channel=channel,
            address_digest=address_digest,
            reason=reason,
            source=source,
            detail=detail,
            created_at=now,
            created_by_id=actor_id,
        )
        .on_conflict_do_nothing(
            index_elements=["channel", "address_digest"], index_where=Suppression.lifted_at.is_(None)
        ),
    )
    return session.scalars(
        sa.select(Suppression).where(
            Suppression.channel == channel,
            Suppression.address_digest == address_digest,
            Suppression.lifted_at.is_(None),
        )
    ).one()
