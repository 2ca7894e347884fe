"""What a bounce does to its address: the block that rests on it, and how that block falls with it."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.bounce_codes import counts_towards_block
from domain.bounces import BounceKind
from domain.channel import Channel
from domain.delivery import DeliveryState
from domain.errors import DomainError
from domain.smtp_replies import BounceVerdict
from models.bounce import Bounce
from models.suppression import Suppression, SuppressionReason
from services.lift_suppression import lift
from services.suppress_address import suppress

SOFT_BOUNCES, WITHIN = 3, timedelta(days=30)
"""So many soft bounces that count, in that time, block as well."""


class OnlyAdministratorsLift(DomainError):
    message = "This would lift the block of the address, which only an administrator may."


class NoAddressToBlock(DomainError):
    message = "This bounce names no address, so there is nothing to block."


def block_if_due(
    session: Session, bounce: Bounce, *, actor_id: int | None, now: datetime, why: str = ""
) -> bool:
    """Block the address if the verdict says so, or it is one soft bounce too many; whether it is blocked.

    The caller has made sure that the bounce is proven, or that a person stands for it; ``why`` as in
    `block_for`.
    """
    if bounce.verdict is BounceVerdict.BLOCK or _is_one_too_many(session, bounce, now):
        block_for(session, bounce, actor_id=actor_id, now=now, why=why)
        return True
    return False


def block_for(
    session: Session, bounce: Bounce, *, actor_id: int | None, now: datetime, why: str = ""
) -> None:
    """Block the address; one that is blocked already keeps its block. Raises NoAddressToBlock.

    The block says ``why``, or else what the server said.
    """
    if not bounce.address_digest:
        raise NoAddressToBlock
    complaint = bounce.kind is BounceKind.ARF
    bounce.suppression = suppress(
        session,
        channel=Channel.EMAIL,
        address_digest=bounce.address_digest,
        reason=SuppressionReason.COMPLAINT if complaint else SuppressionReason.BOUNCE,
        source=bounce.kind.value,
        detail=why or _said(bounce),
        actor_id=actor_id,
        now=now,
    )
    if bounce.message is not None:
        bounce.message.delivery_state = DeliveryState.BOUNCED


def _said(bounce: Bounce) -> str:
    """The code and the words of the server, the code once where the words begin with it."""
    said = (bounce.diagnostic or "").strip()
    return said if said.startswith(bounce.status_code or "") else f"{bounce.status_code} {said}".strip()


def release(
    session: Session, bounce: Bounce, *, note: str, actor_id: int | None, may_lift: bool, now: datetime
) -> bool:
    """Lift the block that this bounce alone keeps up; whether one was lifted.

    A block made by hand, or kept up by another bounce, stays; this bounce no longer counts among its causes.
    Raises OnlyAdministratorsLift.
    """
    block = bounce.suppression
    if block is None or block.lifted_at is not None:
        return False
    if not _rests_on_it_alone(session, bounce, block):
        bounce.suppression = None
        return False
    if not may_lift:
        raise OnlyAdministratorsLift
    return lift(session, block.id, note=note, actor_id=actor_id, now=now)


def _rests_on_it_alone(session: Session, bounce: Bounce, block: Suppression) -> bool:
    others = sa.select(sa.func.count(Bounce.id)).where(
        Bounce.suppression_id == block.id, Bounce.id != bounce.id
    )
    return block.reason is not SuppressionReason.MANUAL and not session.scalar(others)


def _is_one_too_many(session: Session, bounce: Bounce, now: datetime) -> bool:
    if not _counts(bounce.status_code, bounce.verdict, bounce.diagnostic):
        return False
    recent = session.scalars(
        sa.select(Bounce).where(
            Bounce.address_digest == bounce.address_digest,
            Bounce.verdict == BounceVerdict.SOFT,
            sa.or_(Bounce.message_id.is_not(None), Bounce.kind == BounceKind.MANUAL),
            Bounce.received_at > _counted_from(session, bounce, now),
        )
    )
    counted = (each for each in recent if _counts(each.status_code, each.verdict, each.diagnostic))
    return len({_what_came_back(each) for each in counted}) >= SOFT_BOUNCES


def _what_came_back(bounce: Bounce) -> tuple[object, ...]:
    """One message that comes back in several copies, or is typed in twice, came back once."""
    if bounce.message_id is not None:
        return (bounce.message_id,)
    return bounce.received_at.date(), bounce.status_code, bounce.raw


def _counts(code: str, verdict: BounceVerdict, words: str) -> bool:
    return counts_towards_block(code, verdict, words)


def _counted_from(session: Session, bounce: Bounce, now: datetime) -> datetime:
    """Thirty days ago, or when the address was last unblocked: whoever did that knew of what came before."""
    lifted = session.scalar(
        sa.select(sa.func.max(Suppression.lifted_at)).where(
            Suppression.channel == Channel.EMAIL, Suppression.address_digest == bounce.address_digest
        )
    )
    return max(now - WITHIN, lifted) if lifted else now - WITHIN
