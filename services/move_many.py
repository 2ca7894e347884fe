"""Several repairs go to one state: each by itself, so that what is refused of one is done to the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from domain.errors import DomainError
from domain.repairs import RepairState
from gateways.ejs import EjsRuntime
from models.repair import Repair
from services.fire_event import ring_all
from services.job_names import Enqueue
from services.move_repair import Moved, Mover, move_repair
from services.record_audit import append_audit


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the repair of this number stayed where it is."""

    number: str
    error: DomainError


@dataclass(frozen=True, slots=True)
class MovedMany:
    moved: int
    refused: tuple[Refusal, ...]


def move_audited(
    session: Session,
    repair_id: int,
    wanted: RepairState,
    mover: Mover,
    *,
    runtime: EjsRuntime,
    now: datetime,
) -> Moved:
    """`move_repair` with its audit entry. The caller commits, then rings."""
    moved = move_repair(session, repair_id, wanted, mover, runtime=runtime, now=now)
    change = moved.change
    append_audit(
        session,
        actor_id=mover.actor_id,
        action="move",
        entity="repair",
        entity_id=repair_id,
        values={
            "changes": {"state": [change.from_state and change.from_state.value, wanted.value]},
            "held_back": mover.hold_back,
            "note": mover.note,
        },
        now=now,
    )
    return moved


def move_many(
    session: Session,
    repair_ids: Sequence[int],
    wanted: RepairState,
    mover: Mover,
    *,
    runtime: EjsRuntime,
    now: datetime,
    enqueue: Enqueue,
) -> MovedMany:
    """Move each, in a transaction of its own; commits and rings."""
    count = 0
    refused: list[Refusal] = []
    for repair_id in repair_ids:
        try:
            moved = move_audited(session, repair_id, wanted, mover, runtime=runtime, now=now)
            session.commit()
        except DomainError as error:
            session.rollback()
            repair = session.get(Repair, repair_id)
            refused.append(Refusal(repair.number if repair else str(repair_id), error))
            continue
        count += 1
        ring_all(moved.rings, enqueue)
    return MovedMany(count, tuple(refused))
