"""What a bounce's card shows beside the bounce."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, scoped_session

from models.audit import AuditEntry
from models.bounce import Bounce
from models.message import Direction, Message
from models.suppression import Suppression


def messages_behind(session: Session | scoped_session[Any], bounce: Bounce, limit: int = 20) -> list[Message]:
    """The message that came back, then the newest others to the same address."""
    concerned = [Message.id == bounce.message_id]
    if bounce.address_digest:
        outgoing = Message.direction == Direction.OUTGOING
        concerned.append(sa.and_(Message.address_digest == bounce.address_digest, outgoing))
    statement = (
        sa.select(Message)
        .where(sa.or_(*concerned))
        .options(joinedload(Message.campaign))
        .order_by((Message.id == bounce.message_id).desc().nulls_last(), Message.id.desc())
        .limit(limit)
    )
    return list(session.scalars(statement))


def decisions_on(session: Session | scoped_session[Any], bounce_id: int) -> list[AuditEntry]:
    """What people did about it, the newest first."""
    statement = (
        sa.select(AuditEntry)
        .where(AuditEntry.entity == Bounce.__tablename__, AuditEntry.entity_id == str(bounce_id))
        .options(joinedload(AuditEntry.detail), joinedload(AuditEntry.actor))
        .order_by(AuditEntry.id.desc())
    )
    return list(session.scalars(statement))


def blocks_of(bounce_ids: sa.Select[int]) -> sa.Select[Suppression]:
    """The blocks in force that the bounces are a cause of, in one order for all, so that nobody deadlocks."""
    causes = sa.select(Bounce.suppression_id).where(Bounce.id.in_(bounce_ids))
    return (
        sa.select(Suppression)
        .where(Suppression.id.in_(causes), Suppression.lifted_at.is_(None))
        .order_by(Suppression.id)
    )


def blocked_addresses(
    session: Session | scoped_session[Any], bounce_ids: sa.Select[int], limit: int
) -> list[tuple[Suppression, str]]:
    """The first of those blocks, each with the address as a bounce wrote it."""
    written = (
        sa.select(sa.func.min(Bounce.address))
        .where(Bounce.suppression_id == Suppression.id)
        .correlate(Suppression)
        .scalar_subquery()
    )
    rows = session.execute(blocks_of(bounce_ids).add_columns(written).limit(limit))
    return [(block, address or "") for block, address in rows]
