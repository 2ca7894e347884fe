"""A repair goes from one state to another, and its client is told."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.errors import DomainError
from domain.events import EventKind
from domain.repairs import RepairState, check_move, events_of_move
from gateways.ejs import EjsRuntime
from models.repair import ChangeSource, CostOffer, OfferState, Repair, RepairChange
from services.fire_event import Fired, Occurrence, Ring, fire_event
from services.hold_row import hold_row

LONGEST_NOTE = 500


class NoSuchRepair(DomainError):
    message = "This repair is no longer there."


class NoOpenOffer(DomainError):
    message = "There is no open cost offer to accept. Add an offer first."


class NoteTooLong(DomainError):
    """Parameters: ``count`` and ``limit``, characters."""

    message = "The note has %(count)s characters and may have at most %(limit)s. Shorten it."


@dataclass(frozen=True, slots=True)
class Mover:
    """Who moves it, and whether the client is told: ``hold_back`` keeps that one notification from going out.

    ``message_id``: the client's answer, when that is what moves it. Raises NoteTooLong.
    """

    source: ChangeSource
    actor_id: int | None = None
    hold_back: bool = False
    note: str = ""
    message_id: int | None = None

    def __post_init__(self) -> None:
        if len(self.note) > LONGEST_NOTE:
            raise NoteTooLong(count=len(self.note), limit=LONGEST_NOTE)


@dataclass(frozen=True, slots=True)
class Moved:
    change: RepairChange
    fired: tuple[Fired, ...]

    @property
    def rings(self) -> tuple[Ring, ...]:
        return tuple(ring for each in self.fired for ring in each.rings)


def begin_repair(
    session: Session, repair: Repair, mover: Mover, *, runtime: EjsRuntime, now: datetime
) -> Moved:
    """Record a new repair's first state, and tell its client. The caller commits, then rings.

    Raises CannotBegin.
    """
    check_move(None, repair.state)
    repair.state_since = now
    session.add(repair)
    session.flush()
    return _record(session, repair, None, mover, runtime, now)


def move_repair(
    session: Session,
    repair_id: int,
    wanted: RepairState,
    mover: Mover,
    *,
    runtime: EjsRuntime,
    now: datetime,
) -> Moved:
    """Move it, keep the step, and tell the client what it means. The caller commits, then rings.

    Two at once take turns: the second starts from where the first left it. Raises NoSuchRepair, IllegalMove,
    and NoOpenOffer on the way to "awaiting acceptance".
    """
    repair = locked_repair(session, repair_id)
    before = repair.state
    check_move(before, wanted)
    repair.state, repair.state_since = wanted, now
    session.flush()
    return _record(session, repair, before, mover, runtime, now)


def locked_repair(session: Session, repair_id: int) -> Repair:
    """The repair as it is now, nobody else's until the caller commits. Raises NoSuchRepair."""
    hold_row(session, Repair.updated_at, repair_id)
    repair = session.get(Repair, repair_id, populate_existing=True)
    if repair is None:
        raise NoSuchRepair
    return repair


def open_offer(session: Session, repair_id: int) -> CostOffer | None:
    """The one offer of a repair that waits for an answer."""
    return session.scalars(
        sa.select(CostOffer).where(CostOffer.repair_id == repair_id, CostOffer.state == OfferState.OPEN)
    ).one_or_none()


def _record(
    session: Session,
    repair: Repair,
    before: RepairState | None,
    mover: Mover,
    runtime: EjsRuntime,
    now: datetime,
) -> Moved:
    change = RepairChange(
        repair_id=repair.id,
        from_state=before,
        to_state=repair.state,
        source=mover.source,
        actor_id=mover.actor_id,
        message_id=mover.message_id,
        note=mover.note,
        changed_at=now,
    )
    session.add(change)
    session.flush()
    fired = tuple(
        fire_event(session, _occurrence(session, kind, repair, change, mover), runtime=runtime, now=now)
        for kind in events_of_move(before, repair.state)
    )
    return Moved(change, fired)


def _occurrence(
    session: Session, kind: EventKind, repair: Repair, change: RepairChange, mover: Mover
) -> Occurrence:
    offer = open_offer(session, repair.id) if kind is EventKind.COST_ACCEPTANCE else None
    if kind is EventKind.COST_ACCEPTANCE and offer is None:
        raise NoOpenOffer
    return Occurrence(
        kind=kind,
        change_key=f"repair_change:{change.id}:{kind}",
        record=repair,
        offer=offer,
        held_back=mover.hold_back,
        actor_id=mover.actor_id,
    )
