"""Lift the blocks that several bounces made."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.errors import DomainError
from models.suppression import SuppressionReason
from queries.bounce_card import blocks_of
from services.lift_suppression import lift

MOST_AT_ONCE = 2_000
"""Each is an entry of the audit, whose chain nobody else can append to meanwhile."""


class TooManyToUnblock(DomainError):
    """Parameters: ``found`` and ``most``."""

    message = "%(found)s addresses are blocked by these bounces: at most %(most)s can be unblocked at once."


class NothingToUnblock(DomainError):
    message = "None of these bounces keeps an address blocked."


@dataclass(frozen=True, slots=True)
class Unblocked:
    """How many blocks were lifted, and how many stay because a person made them."""

    lifted: int
    by_hand: int


def unblock_bounces(
    session: Session, bounce_ids: sa.Select[int], *, note: str, actor_id: int | None, now: datetime
) -> Unblocked:
    """Lift every block in force that one of the bounces is a cause of, all or none; audits each, commits.

    Raises NothingToUnblock, TooManyToUnblock and LiftNeedsANote.
    """
    blocks = list(session.scalars(blocks_of(bounce_ids)))
    ours = [block.id for block in blocks if block.reason is not SuppressionReason.MANUAL]
    if not ours:
        raise NothingToUnblock
    if len(ours) > MOST_AT_ONCE:
        raise TooManyToUnblock(found=len(ours), most=MOST_AT_ONCE)
    lifted = sum(lift(session, block_id, note=note, actor_id=actor_id, now=now) for block_id in ours)
    session.commit()
    return Unblocked(lifted, len(blocks) - len(ours))
