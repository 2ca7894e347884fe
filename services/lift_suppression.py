"""Lift a block, with a note that says why."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, scoped_session

from domain.errors import DomainError
from models.suppression import Suppression
from services.record_audit import append_audit


class LiftNeedsANote(DomainError):
    message = "Say in the note why the block is lifted."


class AlreadyLifted(DomainError):
    message = "This block was lifted before."


def lift_suppression(
    session: Session | scoped_session[Any],
    *,
    suppression_id: int,
    note: str,
    actor_id: int | None,
    now: datetime,
) -> None:
    """Lift, audit and commit. Raises LiftNeedsANote, and AlreadyLifted when there is no such active block."""
    if not lift(session, suppression_id, note=note, actor_id=actor_id, now=now):
        session.rollback()
        raise AlreadyLifted
    session.commit()


def lift(
    session: Session | scoped_session[Any],
    suppression_id: int,
    *,
    note: str,
    actor_id: int | None,
    now: datetime,
) -> bool:
    """Lift and audit in the caller's transaction; False when there is no such active block.

    Raises LiftNeedsANote.
    """
    note = note.strip()[:500]
    if not note:
        raise LiftNeedsANote
    lifted = session.execute(
        sa.update(Suppression)
        .where(Suppression.id == suppression_id, Suppression.lifted_at.is_(None))
        .values(lifted_at=now, lifted_by_id=actor_id, lift_note=note)
        .returning(Suppression.id)
    ).scalar_one_or_none()
    if lifted is None:
        return False
    append_audit(
        session,
        actor_id=actor_id,
        action="lift",
        entity="suppression",
        entity_id=suppression_id,
        values={"note": note},
        now=now,
    )
    return True
