"""The life of a ticket, and what each step tells the client (manual 001_f98235051ea960ea.txt)."""

from enum import StrEnum

from domain.errors import DomainError
from domain.events import EventKind


class TicketState(StrEnum):
    OPEN = "open"
    DONE = "done"


class IllegalTicketMove(DomainError):
    """Parameters: ``state`` and ``wanted``, both TicketState."""

    message = "A ticket cannot go from “%(state)s” to “%(wanted)s”."


TRANSITIONS: dict[TicketState | None, tuple[TicketState, ...]] = {
    None: (TicketState.OPEN,),
    TicketState.OPEN: (TicketState.DONE,),
    TicketState.DONE: (TicketState.OPEN,),
}


def event_of_move(state: TicketState | None, wanted: TicketState) -> EventKind | None:
    """What a move tells the client; opening it anew tells nothing. Raises IllegalTicketMove."""
    if wanted not in TRANSITIONS[state]:
        raise IllegalTicketMove(state=state or "", wanted=wanted)
    if wanted is TicketState.DONE:
        return EventKind.TICKET_DONE
    return EventKind.TICKET_RECEIVED if state is None else None
