"""Block an address or a number."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, scoped_session

from domain.channel import Channel
from models.sessions import insert_into
from models.suppression import Suppression, SuppressionReason


def suppress(
    session: Session | scoped_session[Any],
    *,
    channel: Channel,
    address_digest: str,
    reason: SuppressionReason,
    source: str,
    detail: str,
    actor_id: int | None,
    now: datetime,
) -> Suppression:
    """Block in the caller's transaction and return the active block.

    An address that is blocked already keeps its block, also when somebody else blocks it at the same time.
    ``source`` says where the block comes from in at most 60 characters, ``detail`` why, in at most 500.
    """
    session.execute(
        insert_into(session, Suppression)
        .values(
            channel=channel,
            address_digest=address_digest,
            reason=reason,
            source=source[:60],
            detail=detail[:500],
            created_at=now,
            created_by_id=actor_id,
        )
        .on_conflict_do_nothing(
            index_elements=["channel", "address_digest"], index_where=sa.text("lifted_at IS NULL")
        )
    )
    active = sa.select(Suppression).where(
        Suppression.channel == channel,
        Suppression.address_digest == address_digest,
        Suppression.lifted_at.is_(None),
    )
    return session.execute(active).scalar_one()
