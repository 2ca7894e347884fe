"""Tickets, payments and shipments: what becomes of them, and what their clients are told."""

from datetime import datetime

from sqlalchemy.orm import Session

from domain.errors import DomainError
from domain.events import EventKind
from domain.tickets import TicketState, event_of_move
from gateways.ejs import EjsRuntime
from models.payment_due import PaymentDue
from models.shipment import Shipment
from models.ticket import Ticket
from services.fire_event import Fired, Occurrence, fire_event
from services.hold_row import hold_row
from services.move_repair import Mover


class NoSuchTicket(DomainError):
    message = "This ticket is no longer there."


def open_ticket(
    session: Session,
    ticket: Ticket,
    mover: Mover,
    *,
    runtime: EjsRuntime,
    now: datetime,
) -> Fired:
    """Record a new ticket and tell its client. The caller commits, then rings."""
    session.add(ticket)
    session.flush()
    what = Occurrence(
        EventKind.TICKET_RECEIVED,
        f"ticket:{ticket.id}:received",
        ticket,
        None,
        mover.hold_back,
        mover.actor_id,
    )
    return fire_event(session, what, runtime=runtime, now=now)


def move_ticket(
    session: Session,
    ticket_id: int,
    wanted: TicketState,
    mover: Mover,
    *,
    runtime: EjsRuntime,
    now: datetime,
) -> Fired | None:
    """Finish a ticket, or open it anew; the client is told of the former. The caller commits, then rings.

    Raises NoSuchTicket and IllegalTicketMove.
    """
    hold_row(session, Ticket.updated_at, ticket_id)
    ticket = session.get(Ticket, ticket_id, populate_existing=True)
    if ticket is None:
        raise NoSuchTicket
    kind = event_of_move(ticket.state, wanted)
    ticket.state, ticket.done_at = wanted, now if wanted is TicketState.DONE else None
    session.flush()
    if kind is None:
        return None
    moment = int(now.timestamp() * 1_000_000)
    what = Occurrence(
        kind, f"ticket:{ticket.id}:done:{moment}", ticket, None, mover.hold_back, mover.actor_id
    )
    return fire_event(session, what, runtime=runtime, now=now)


def announce_payment(
    session: Session,
    payment: PaymentDue,
    mover: Mover,
    *,
    runtime: EjsRuntime,
    now: datetime,
) -> Fired:
    """Record a new payment due and tell its client. The caller commits, then rings."""
    return _announce(session, EventKind.PAYMENT_DUE, "payment_due", payment, mover, runtime, now)


def announce_shipment(
    session: Session,
    shipment: Shipment,
    mover: Mover,
    *,
    runtime: EjsRuntime,
    now: datetime,
) -> Fired:
    """Record a new shipment and tell its client. The caller commits, then rings."""
    return _announce(session, EventKind.SHIPMENT_CREATED, "shipment", shipment, mover, runtime, now)


def _announce(
    session: Session,
    kind: EventKind,
    prefix: str,
    record: PaymentDue | Shipment,
    mover: Mover,
    runtime: EjsRuntime,
    now: datetime,
) -> Fired:
    session.add(record)
    session.flush()
    what = Occurrence(kind, f"{prefix}:{record.id}", record, None, mover.hold_back, mover.actor_id)
    return fire_event(session, what, runtime=runtime, now=now)
