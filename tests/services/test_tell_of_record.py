"""What an outside system tells of fits the record, and one change is told of once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.events import RECORD_OF, EventKind, RecordKind
from domain.repairs import RepairState
from domain.tickets import TicketState
from extensions.wiring import wiring
from models import db
from models.client import Client
from models.message import Message, Origin
from models.payment_due import PaymentDue, PaymentDueState
from models.repair import ChangeSource
from models.ticket import Ticket
from services.fire_event import Fired
from services.make_offer import OfferTerms, make_offer
from services.move_repair import Mover, NoOpenOffer, move_repair
from services.service_desk import move_ticket, open_ticket
from services.tell_of_record import ContradictsRecord, Told, tell_of_record
from tests.service_desk import give_offer, make_repair, make_told_client, record_for

Tell = Callable[..., Fired]
PANEL = Mover(ChangeSource.PANEL)
STATES_OF = {
    EventKind.REPAIR_RECEIVED: {RepairState.RECEIVED},
    EventKind.REPAIR_DELIVERED: set(RepairState) - {RepairState.AWAITING_SHIPMENT, RepairState.CLOSED},
    EventKind.COST_ACCEPTANCE: {RepairState.AWAITING_ACCEPTANCE},
    EventKind.AWAITING_PARTS: {RepairState.AWAITING_PARTS},
    EventKind.REPAIR_READY: {RepairState.READY_FOR_PICKUP, RepairState.READY_TO_SHIP},
    EventKind.REPAIR_CLOSED: {RepairState.CLOSED},
}


@pytest.fixture
def session(database: Flask) -> Session:
    return db.session()


@pytest.fixture
def client(session: Session) -> Client:
    client = make_told_client(session)
    session.commit()
    return client


@pytest.fixture
def tell(session: Session, now: datetime) -> Tell:
    keys = count(1)

    def tell(kind: EventKind, record_id: int, key: str = "", at: datetime = now) -> Fired:
        told = Told(kind, record_id, f"command:{key or next(keys)}", str(record_id))
        return tell_of_record(session, told, runtime=wiring().ejs(), now=at, enqueue=lambda *_ring: None)

    return tell


def told(session: Session) -> int:
    return session.scalar(sa.select(sa.func.count(Message.id)).where(Message.origin == Origin.EVENT)) or 0


@pytest.mark.parametrize("kind", STATES_OF)
def test_a_repair_is_told_of_only_as_it_stands(
    session: Session, client: Client, tell: Tell, kind: EventKind
) -> None:
    fits = set()
    for state in RepairState:
        repair = make_repair(session, client, state)
        give_offer(session, repair)
        session.commit()
        try:
            tell(kind, repair.id)
        except ContradictsRecord:
            session.rollback()
        else:
            fits.add(state)
    assert fits == STATES_OF[kind]


def test_nothing_is_asked_without_an_offer(session: Session, client: Client, tell: Tell) -> None:
    repair = make_repair(session, client, RepairState.AWAITING_ACCEPTANCE)
    session.commit()
    with pytest.raises(NoOpenOffer):
        tell(EventKind.COST_ACCEPTANCE, repair.id)


def test_tickets_and_payments_are_told_of_as_they_stand(
    session: Session, client: Client, tell: Tell, now: datetime
) -> None:
    ticket = Ticket(number="1", client_id=client.id, subject="x", state=TicketState.DONE, done_at=now)
    paid = PaymentDue(number="1", client_id=client.id, amount=1, state=PaymentDueState.PAID, paid_at=now)
    session.add_all([ticket, paid])
    session.commit()
    for kind, record in ((EventKind.TICKET_RECEIVED, ticket), (EventKind.PAYMENT_DUE, paid)):
        with pytest.raises(ContradictsRecord):
            tell(kind, record.id)
        session.rollback()
    assert tell(EventKind.TICKET_DONE, ticket.id).is_new


@pytest.mark.parametrize("kind", [kind for kind in EventKind if RECORD_OF[kind] is not RecordKind.REPAIR])
def test_what_happens_once_is_told_once(
    session: Session, client: Client, tell: Tell, now: datetime, kind: EventKind
) -> None:
    record = record_for(session, kind, client)
    if kind is EventKind.TICKET_DONE and isinstance(record, Ticket):
        record.state, record.done_at = TicketState.DONE, now
    session.commit()
    first, again = tell(kind, record.id), tell(kind, record.id, at=now + timedelta(days=1))
    assert (first.is_new, again.is_new) == (True, False) and again.event is first.event


def test_a_change_made_in_the_panel_is_not_told_of_again(
    session: Session, client: Client, tell: Tell, now: datetime
) -> None:
    repair = make_repair(session, client, RepairState.IN_REPAIR)
    move_repair(session, repair.id, RepairState.READY_FOR_PICKUP, PANEL, runtime=wiring().ejs(), now=now)
    session.commit()
    before = told(session)
    assert before and not tell(EventKind.REPAIR_READY, repair.id).is_new
    assert told(session) == before


def test_what_a_person_held_back_is_not_told_by_a_machine(
    session: Session, client: Client, tell: Tell, now: datetime
) -> None:
    repair = make_repair(session, client, RepairState.IN_REPAIR)
    quiet = Mover(ChangeSource.PANEL, hold_back=True)
    move_repair(session, repair.id, RepairState.READY_FOR_PICKUP, quiet, runtime=wiring().ejs(), now=now)
    session.commit()
    assert not tell(EventKind.REPAIR_READY, repair.id).is_new and told(session) == 0


def test_the_same_state_entered_anew_is_another_change(
    session: Session, client: Client, tell: Tell, now: datetime
) -> None:
    repair = make_repair(session, client, RepairState.READY_FOR_PICKUP)
    for day in range(2):
        at = now + timedelta(days=day)
        repair.state_since = at
        session.commit()
        assert tell(EventKind.REPAIR_READY, repair.id, at=at).is_new
    assert told(session) == 4


def test_each_version_of_an_offer_is_asked_about(
    session: Session, client: Client, tell: Tell, now: datetime
) -> None:
    repair = make_repair(session, client)
    give_offer(session, repair)
    move_repair(session, repair.id, RepairState.AWAITING_ACCEPTANCE, PANEL, runtime=wiring().ejs(), now=now)
    make_offer(session, repair.id, OfferTerms(20_000_000), PANEL, runtime=wiring().ejs(), now=now)
    session.commit()
    before = told(session)
    assert not tell(EventKind.COST_ACCEPTANCE, repair.id).is_new
    assert told(session) == before


def test_a_client_who_was_not_told_can_be(
    session: Session, client: Client, tell: Tell, now: datetime
) -> None:
    ticket = Ticket(number="1", client_id=client.id, subject="x")
    client.allow_email = client.allow_sms = False
    open_ticket(session, ticket, PANEL, runtime=wiring().ejs(), now=now)
    session.commit()
    assert told(session) == 0
    client.allow_email = True
    session.commit()
    assert tell(EventKind.TICKET_RECEIVED, ticket.id).is_new and told(session) == 1


def test_a_key_tells_what_it_did_when_the_record_went_on(
    session: Session, client: Client, tell: Tell, now: datetime
) -> None:
    ticket = Ticket(number="1", client_id=client.id, subject="x")
    session.add(ticket)
    session.commit()
    first = tell(EventKind.TICKET_RECEIVED, ticket.id, "7")
    move_ticket(session, ticket.id, TicketState.DONE, PANEL, runtime=wiring().ejs(), now=now)
    session.commit()
    again = tell(EventKind.TICKET_RECEIVED, ticket.id, "7")
    assert again.event is first.event and not again.is_new


def test_a_clock_that_is_behind_tells_nothing_twice(
    session: Session, client: Client, tell: Tell, now: datetime
) -> None:
    repair = make_repair(session, client, RepairState.READY_FOR_PICKUP)
    repair.state_since = now
    session.commit()
    behind = datetime(2026, 1, 1, tzinfo=UTC)
    assert tell(EventKind.REPAIR_READY, repair.id, at=behind).is_new
    assert not tell(EventKind.REPAIR_READY, repair.id, at=behind).is_new
