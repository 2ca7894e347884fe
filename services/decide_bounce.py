"""A person says what a bounce means, and the block of its address follows."""

from datetime import datetime

from sqlalchemy.orm import Session

from domain.errors import DomainError
from domain.smtp_replies import BounceVerdict
from models.bounce import Bounce
from services.bounce_effect import block_for, release
from services.hold_row import hold_row
from services.record_audit import append_audit


class NoSuchBounce(DomainError):
    message = "This bounce is no longer there."


class DecisionNeedsAReason(DomainError):
    message = "Say why the bounce is to be understood otherwise."


class DecidedSoAlready(DomainError):
    message = "The bounce is understood so already."


def decide_bounce(
    session: Session,
    bounce_id: int,
    verdict: BounceVerdict,
    *,
    why: str,
    actor_id: int | None,
    may_lift: bool,
    now: datetime,
) -> Bounce:
    """Set the verdict, block the address or lift the block this bounce alone made, audit and commit.

    Raises NoSuchBounce, DecisionNeedsAReason, DecidedSoAlready, and what `block_for` and `release` raise.
    """
    bounce = locked_bounce(session, bounce_id)
    why = why.strip()[:500]
    if not why:
        raise DecisionNeedsAReason
    before, blocks = bounce.verdict, verdict is BounceVerdict.BLOCK
    if before is verdict and not (blocks and not is_blocking(bounce)):
        raise DecidedSoAlready
    lifted = False
    if not blocks:
        lifted = release(session, bounce, note=why, actor_id=actor_id, may_lift=may_lift, now=now)
    bounce.verdict, bounce.handled_at = verdict, now
    if blocks:
        block_for(session, bounce, actor_id=actor_id, now=now, why=why)
    session.flush()
    append_audit(
        session,
        actor_id=actor_id,
        action="decide_bounce",
        entity="bounce",
        entity_id=bounce_id,
        values={
            "changes": {"verdict": [before.value, verdict.value]},
            "note": why,
            "suppression": bounce.suppression_id,
            "lifted": lifted,
        },
        now=now,
    )
    session.commit()
    return bounce


def locked_bounce(session: Session, bounce_id: int) -> Bounce:
    """The bounce as it is now, nobody else's until the caller commits. Raises NoSuchBounce."""
    hold_row(session, Bounce.handled_at, bounce_id)
    found = session.get(Bounce, bounce_id, populate_existing=True)
    if found is None:
        raise NoSuchBounce
    return found


def is_blocking(bounce: Bounce) -> bool:
    """Whether a block that this bounce is a cause of is in force."""
    return bounce.suppression is not None and bounce.suppression.lifted_at is None
