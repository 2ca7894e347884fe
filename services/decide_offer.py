"""A client's yes or no to one version of an offer, and what it means for the repair."""

from datetime import datetime

from sqlalchemy.orm import Session

from domain.errors import DomainError
from domain.local_time import WARSAW
from domain.repairs import RepairState
from gateways.ejs import EjsRuntime
from models.repair import CostOffer, OfferState
from models.setting import Setting
from services.move_repair import Moved, Mover, locked_repair, move_repair

AFTER_YES, AFTER_NO = "repairs.after_yes", "repairs.after_no"
"""Settings: the state a repair goes to, by its value."""
_DEFAULTS = {AFTER_YES: RepairState.IN_REPAIR, AFTER_NO: RepairState.READY_FOR_PICKUP}


class OfferDecided(DomainError):
    """Parameter: ``version``."""

    message = "Offer no. %(version)s has been decided on already, or replaced by a newer one."


class OfferExpired(DomainError):
    """Parameters: ``version`` and ``day``."""

    message = "Offer no. %(version)s was good until %(day)s. Make a new one."


class NotAwaitingAcceptance(DomainError):
    message = "The repair is not awaiting the acceptance of its cost."


def decide_offer(
    session: Session,
    offer_id: int,
    *,
    accepted: bool,
    mover: Mover,
    runtime: EjsRuntime,
    now: datetime,
) -> Moved:
    """Decide one open version of a repair that awaits acceptance, and move the repair. The caller commits,
    then rings.

    The first answer stands: a second one raises OfferDecided. Raises OfferExpired after its last day
    (Europe/Warsaw), NotAwaitingAcceptance, and what `move_repair` raises.
    """
    offer = session.get_one(CostOffer, offer_id)
    repair = locked_repair(session, offer.repair_id)
    session.refresh(offer)
    if offer.state is not OfferState.OPEN:
        raise OfferDecided(version=offer.version)
    if offer.expires_on is not None and offer.expires_on < now.astimezone(WARSAW).date():
        raise OfferExpired(version=offer.version, day=f"{offer.expires_on:%d.%m.%Y}")
    if repair.state is not RepairState.AWAITING_ACCEPTANCE:
        raise NotAwaitingAcceptance
    offer.state = OfferState.ACCEPTED if accepted else OfferState.REJECTED
    offer.decided_at = now
    offer.decided_by_id = None if mover.message_id else mover.actor_id
    offer.decided_by_message_id = mover.message_id
    session.flush()
    return move_repair(
        session, repair.id, state_after(session, accepted=accepted), mover, runtime=runtime, now=now
    )


def state_after(session: Session, *, accepted: bool) -> RepairState:
    """Where a decided repair goes: a setting, "in repair" after a yes and "ready for pick-up" after a no."""
    key = AFTER_YES if accepted else AFTER_NO
    stored = session.get(Setting, key)
    return RepairState(stored.value) if stored else _DEFAULTS[key]
