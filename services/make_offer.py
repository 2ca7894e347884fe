"""What a repair would cost, offered to its client: each offer a version of its own."""

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.errors import DomainError
from domain.events import EventKind
from domain.local_time import WARSAW
from domain.repairs import RepairState
from gateways.ejs import EjsRuntime
from models.repair import CostOffer, OfferState
from services.fire_event import Fired, Occurrence, fire_event
from services.move_repair import Mover, locked_repair, open_offer


class OfferExpiresBefore(DomainError):
    message = "An offer cannot expire before today."


class NothingToOffer(DomainError):
    message = "The repair is closed: there is nothing to offer."


@dataclass(frozen=True, slots=True)
class OfferTerms:
    """``amount`` is gross in 1/10000 PLN, above nought; good until the end of ``expires_on`` in Warsaw."""

    amount: int
    description: str = ""
    expires_on: date | None = None


def make_offer(
    session: Session,
    repair_id: int,
    terms: OfferTerms,
    mover: Mover,
    *,
    runtime: EjsRuntime,
    now: datetime,
) -> tuple[CostOffer, Fired | None]:
    """Add the next version, which replaces the open one. The caller commits, then rings.

    While the repair awaits acceptance the client is asked anew, for this version. Raises NoSuchRepair,
    NothingToOffer and OfferExpiresBefore.
    """
    repair = locked_repair(session, repair_id)
    if repair.state is RepairState.CLOSED:
        raise NothingToOffer
    if terms.expires_on is not None and terms.expires_on < now.astimezone(WARSAW).date():
        raise OfferExpiresBefore
    if replaced := open_offer(session, repair_id):
        replaced.state = OfferState.REPLACED
        session.flush()
    last = session.scalar(sa.select(sa.func.max(CostOffer.version)).where(CostOffer.repair_id == repair_id))
    offer = CostOffer(
        repair_id=repair_id,
        version=(last or 0) + 1,
        amount=terms.amount,
        description=terms.description[:500],
        expires_on=terms.expires_on,
        created_at=now,
        created_by_id=mover.actor_id,
    )
    session.add(offer)
    session.flush()
    if repair.state is not RepairState.AWAITING_ACCEPTANCE:
        return offer, None
    what = Occurrence(
        kind=EventKind.COST_ACCEPTANCE,
        change_key=f"offer:{offer.id}",
        record=repair,
        offer=offer,
        held_back=mover.hold_back,
        actor_id=mover.actor_id,
    )
    return offer, fire_event(session, what, runtime=runtime, now=now)
