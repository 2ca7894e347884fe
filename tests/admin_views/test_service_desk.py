"""Tickets, payments and shipments: what is made there, what their clients are told, and who may."""

from collections.abc import Callable
from html import unescape

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.events import EventKind
from domain.notification_rules import Withheld
from domain.tickets import TicketState
from models.audit import AuditEntry
from models.client import Client
from models.message import Message
from models.notification import FiredEvent, Notification
from models.payment_due import PaymentDue, PaymentDueState
from models.repair import Repair
from models.shipment import Shipment
from models.ticket import Ticket
from tests import factories as make
from tests.admin_views.conftest import ROLES, Visitor
from tests.service_desk import ADDRESS, make_repair, make_told_client

Visit = Callable[[str], Visitor]
SCREENS = ("repair", "ticket", "payment_due", "shipment")


@pytest.fixture
def client(panel: Flask, stored: Session) -> Client:
    client = make_told_client(stored)
    stored.commit()
    return client


@pytest.fixture
def repair(stored: Session, client: Client) -> Repair:
    repair = make_repair(stored, client)
    stored.commit()
    return repair


def kinds(stored: Session) -> list[EventKind]:
    return list(stored.scalars(sa.select(FiredEvent.kind).order_by(FiredEvent.id)))


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("role", ROLES)
def test_everybody_reads_and_only_those_who_write_add(visit: Visit, screen: str, role: str) -> None:
    person = visit(role)
    may_write = role in ("administrator", "operator")
    assert person.get(f"/admin/{screen}/").status_code == 200
    assert person.get(f"/admin/{screen}/export/csv/").status_code == 200
    assert person.get(f"/admin/{screen}/new/").status_code == (200 if may_write else 403)
    assert person.post(f"/admin/{screen}/new/").status_code == (200 if may_write else 403)


# --- tickets ---


def ticket_of(visit: Visit, stored: Session, client: Client) -> Ticket:
    visit("operator").post(
        "/admin/ticket/new/",
        number="Z/1",
        client=str(client.id),
        subject="Reklamacja",
        description="Nie działa",
    )
    return stored.scalars(sa.select(Ticket)).one()


def test_a_ticket_is_taken_in_finished_and_opened_again(
    visit: Visit, stored: Session, client: Client
) -> None:
    ticket, operator = ticket_of(visit, stored, client), visit("operator")
    assert (ticket.number, ticket.state) == ("Z/1", TicketState.OPEN)
    for wanted in ("done", "open", "done"):
        operator.post(f"/admin/ticket/move/{ticket.id}", wanted=wanted)
    stored.refresh(ticket)
    assert ticket.state is TicketState.DONE and ticket.done_at is not None
    assert kinds(stored) == [EventKind.TICKET_RECEIVED, EventKind.TICKET_DONE, EventKind.TICKET_DONE]
    assert stored.scalars(sa.select(AuditEntry.action)).all() == ["create", *["move"] * 3]
    page = unescape(visit("viewer").get(f"/admin/ticket/details/?id={ticket.id}").text)
    assert page.count("Ticket finished") == 2 and ADDRESS in page and "Open again" not in page


def test_the_tick_on_a_tickets_card_holds_back(visit: Visit, stored: Session, client: Client) -> None:
    ticket = ticket_of(visit, stored, client)
    visit("operator").post(f"/admin/ticket/move/{ticket.id}", wanted="done", hold_back="yes")
    last = stored.scalars(sa.select(FiredEvent).order_by(FiredEvent.id.desc()).limit(1)).one()
    assert {each.reason for each in last.notifications} == {Withheld.HELD_BACK}


def test_a_ticket_is_not_finished_twice(visit: Visit, stored: Session, client: Client) -> None:
    ticket, operator = ticket_of(visit, stored, client), visit("operator")
    for _time in range(2):
        answer = operator.post(f"/admin/ticket/move/{ticket.id}", wanted="done")
        assert answer.headers["Location"] == f"/admin/ticket/details/?id={ticket.id}"
    assert operator.sentences()[-1] == "A ticket cannot go from “Finished ticket” to “Finished ticket”."
    assert visit("viewer").post(f"/admin/ticket/move/{ticket.id}", wanted="open").status_code == 403
    assert operator.post("/admin/ticket/move/99", wanted="open").status_code == 404
    assert operator.post(f"/admin/ticket/move/{ticket.id}", wanted="x").status_code == 400


# --- payments ---


def payment(client: Client, **fields: str) -> dict[str, str]:
    given = {"number": "P/1", "client": str(client.id), "amount": "249,90", "due_on": "2026-12-31"}
    return given | fields


def test_a_payment_is_told_of_with_its_amount(visit: Visit, stored: Session, repair: Repair) -> None:
    operator, url = visit("operator"), "https://platnosci.example/1"
    opened = operator.get("/admin/payment_due/new/", repair=str(repair.id)).text
    assert repair.number in opened, "the repair's card leads to a form that names it"
    fields = payment(repair.client, repair=str(repair.id), pay_url=url)
    assert operator.post("/admin/payment_due/new/", **fields).status_code == 302, operator.sentences()
    due = stored.scalars(sa.select(PaymentDue)).one()
    assert (due.amount, due.state, due.repair_id) == (2_499_000, PaymentDueState.DUE, repair.id)
    assert kinds(stored) == [EventKind.PAYMENT_DUE]
    texts = [text or "" for text in stored.scalars(sa.select(Message.body_text))]
    assert len(texts) == 2 and all("249,90 zł" in text and url in text for text in texts)
    card = visit("viewer").get(f"/admin/repair/details/?id={repair.id}").text
    assert "P/1" in card and "New online payment" in card


def test_a_payment_marked_as_paid_gets_its_moment(visit: Visit, stored: Session, client: Client) -> None:
    operator = visit("operator")
    operator.post("/admin/payment_due/new/", **payment(client))
    due = stored.scalars(sa.select(PaymentDue)).one()
    page = operator.get(f"/admin/payment_due/edit/?id={due.id}").text
    assert 'value="249.90"' in page
    for state, is_paid in (("paid", True), ("cancelled", False)):
        operator.post(f"/admin/payment_due/edit/?id={due.id}", number="P/1", amount="250", state=state)
        stored.refresh(due)
        assert (due.amount, due.state.value, due.paid_at is not None) == (2_500_000, state, is_paid)
    assert kinds(stored) == [EventKind.PAYMENT_DUE], "a correction is told to nobody"


@pytest.mark.parametrize("record", ["payment_due", "shipment"])
def test_an_address_without_its_beginning_is_refused_with_an_example(
    visit: Visit, stored: Session, repair: Repair, record: str
) -> None:
    fields = {"pay_url": "firma.example/p", "tracking_url": "firma.example/p"}
    page = visit("operator").post(f"/admin/{record}/new/", **fields).text
    assert "Enter all of it, from https:// on, for example https://www.firma.example/123." in unescape(page)


@pytest.mark.parametrize(
    "fields", [{"amount": "0"}, {"amount": "-5"}, {"amount": "x"}, {"pay_url": "javascript:x"}]
)
def test_a_payment_that_makes_no_sense_is_not_made(
    visit: Visit, stored: Session, client: Client, fields: dict[str, str]
) -> None:
    assert visit("operator").post("/admin/payment_due/new/", **payment(client, **fields)).status_code == 200
    assert stored.scalars(sa.select(PaymentDue)).all() == [] and kinds(stored) == []


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("-5", "is not an amount of money"),
        ("0", "above nought and at most one million"),
        ("1000000,01", "above nought and at most one million"),
    ],
)
def test_a_wrong_amount_is_told_so_once_and_in_zloty(
    visit: Visit, client: Client, amount: str, said: str
) -> None:
    page = visit("operator").post("/admin/payment_due/new/", **payment(client, amount=amount)).text
    assert said in page and page.count('class="field-error"') == 1


def test_a_payment_is_for_a_repair_of_the_same_client(visit: Visit, stored: Session, repair: Repair) -> None:
    other = make.make_person(stored, "Jan", "Żak")
    stored.commit()
    operator = visit("operator")
    page = operator.post("/admin/payment_due/new/", **payment(other, repair=str(repair.id))).text
    assert "The repair belongs to another client." in page
    assert stored.scalars(sa.select(PaymentDue)).all() == []


# --- shipments ---


def test_a_shipment_is_told_of_by_mail_and_never_by_text(
    visit: Visit, stored: Session, repair: Repair
) -> None:
    fields = {"carrier": "Kurier", "tracking_number": "0012345", "client": str(repair.client_id)}
    operator = visit("operator")
    assert operator.post("/admin/shipment/new/", **fields, repair=str(repair.id)).status_code == 302
    assert stored.scalars(sa.select(Shipment.tracking_number)).all() == ["0012345"]
    assert kinds(stored) == [EventKind.SHIPMENT_CREATED]
    told = {each.channel.value: each.reason for each in stored.scalars(sa.select(Notification))}
    assert told == {"email": None, "sms": Withheld.NOT_OFFERED}
    card = visit("viewer").get("/admin/shipment/details/?id=1").text
    assert "Not told by this channel" in card and "New shipment" in card
    again = operator.post("/admin/shipment/new/", **fields)
    assert unescape(again.text).count("This carrier's shipment is entered already.") == 1
    assert kinds(stored) == [EventKind.SHIPMENT_CREATED]
