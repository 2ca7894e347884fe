"""Which events fit a record as it stands: what its client can be told without contradicting it."""

from domain.events import EventKind
from domain.repairs import ENTERED, RepairState
from domain.tickets import TicketState

ONCE = frozenset(
    {
        EventKind.REPAIR_DELIVERED,
        EventKind.TICKET_RECEIVED,
        EventKind.PAYMENT_DUE,
        EventKind.SHIPMENT_CREATED,
    }
)
"""Events that happen to a record once in its life; the others each time it enters their state."""

_TICKETS = {EventKind.TICKET_RECEIVED: TicketState.OPEN, EventKind.TICKET_DONE: TicketState.DONE}


def fits_repair(kind: EventKind, state: RepairState) -> bool:
    """Whether a repair in that state can be told of so. One that was closed is no longer being delivered."""
    if kind is EventKind.REPAIR_DELIVERED:
        return state not in {RepairState.AWAITING_SHIPMENT, RepairState.CLOSED}
    return ENTERED.get(state) is kind


def fits_ticket(kind: EventKind, state: TicketState) -> bool:
    """Whether a ticket in that state can be told of so."""
    return _TICKETS.get(kind) is state
