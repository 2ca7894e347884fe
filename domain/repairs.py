"""The life of a repair: its states, the moves between them, and what each tells the client.

Source: manual 001_f98235051ea960ea.txt, POWIADOMIENIA.
"""

from enum import StrEnum

from domain.errors import DomainError
from domain.events import EventKind


class RepairState(StrEnum):
    """In the order in which a repair usually passes through them."""

    AWAITING_SHIPMENT = "awaiting_shipment"
    RECEIVED = "received"
    DIAGNOSIS = "diagnosis"
    AWAITING_ACCEPTANCE = "awaiting_acceptance"
    AWAITING_PARTS = "awaiting_parts"
    IN_REPAIR = "in_repair"
    READY_FOR_PICKUP = "ready_for_pickup"
    READY_TO_SHIP = "ready_to_ship"
    CLOSED = "closed"


class IllegalMove(DomainError):
    """Parameters: ``state`` and ``wanted``, both RepairState."""

    message = "A repair cannot go from “%(state)s” to “%(wanted)s”."


class CannotBegin(DomainError):
    """Parameter: ``state``, a RepairState."""

    message = "A repair cannot begin as “%(state)s”: it is either awaiting shipment or received."


_S = RepairState
FIRST_STATES = (_S.RECEIVED, _S.AWAITING_SHIPMENT)
_WORK = (_S.DIAGNOSIS, _S.AWAITING_ACCEPTANCE, _S.AWAITING_PARTS, _S.IN_REPAIR)
_READY = (_S.READY_FOR_PICKUP, _S.READY_TO_SHIP)
_ONWARDS = (*_WORK, *_READY, _S.CLOSED)

TRANSITIONS: dict[RepairState, tuple[RepairState, ...]] = {
    _S.AWAITING_SHIPMENT: (_S.RECEIVED, *_ONWARDS),
    _S.RECEIVED: _ONWARDS,
    _S.DIAGNOSIS: (_S.RECEIVED, *(state for state in _ONWARDS if state != _S.DIAGNOSIS)),
    _S.AWAITING_ACCEPTANCE: tuple(state for state in _ONWARDS if state != _S.AWAITING_ACCEPTANCE),
    _S.AWAITING_PARTS: tuple(state for state in _ONWARDS if state != _S.AWAITING_PARTS),
    _S.IN_REPAIR: tuple(state for state in _ONWARDS if state != _S.IN_REPAIR),
    _S.READY_FOR_PICKUP: (_S.READY_TO_SHIP, *_WORK, _S.CLOSED),
    _S.READY_TO_SHIP: (_S.READY_FOR_PICKUP, *_WORK, _S.CLOSED),
    _S.CLOSED: (_S.RECEIVED,),
}
"""Where a repair may go from each state. A closed one comes back only as received anew (a complaint); none
goes back to awaiting shipment: what has arrived has arrived.
"""

ENTERED = {
    _S.RECEIVED: EventKind.REPAIR_RECEIVED,
    _S.AWAITING_ACCEPTANCE: EventKind.COST_ACCEPTANCE,
    _S.AWAITING_PARTS: EventKind.AWAITING_PARTS,
    _S.READY_FOR_PICKUP: EventKind.REPAIR_READY,
    _S.READY_TO_SHIP: EventKind.REPAIR_READY,
    _S.CLOSED: EventKind.REPAIR_CLOSED,
}
"""The event of a state that is entered."""


def check_move(state: RepairState | None, wanted: RepairState) -> None:
    """Raise IllegalMove, or CannotBegin when there is no state yet, for what the table does not have."""
    if state is None:
        if wanted not in FIRST_STATES:
            raise CannotBegin(state=wanted)
    elif wanted not in TRANSITIONS[state]:
        raise IllegalMove(state=state, wanted=wanted)


def events_of_move(state: RepairState | None, wanted: RepairState) -> tuple[EventKind, ...]:
    """What a legal move tells the client, in order; ``state`` none: the repair is created.

    Whatever leaves "awaiting shipment" has been delivered to the service: that is said instead of "received",
    and beside the event of a later state.
    """
    entered = ENTERED.get(wanted)
    if state is not RepairState.AWAITING_SHIPMENT:
        return (entered,) if entered else ()
    later = entered if wanted is not RepairState.RECEIVED else None
    return (EventKind.REPAIR_DELIVERED, later) if later else (EventKind.REPAIR_DELIVERED,)
