"""The screens of repairs: what is made and moved there, what its clients are told, and who may."""

from collections.abc import Callable
from datetime import date
from html import unescape

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.notification_rules import Withheld
from domain.repairs import RepairState
from models.audit import AuditEntry
from models.client import Client
from models.message import Message
from models.notification import FiredEvent, Notification
from models.repair import CostOffer, OfferState, Repair, RepairChange
from tests import factories as make
from tests.admin_views.conftest import Visitor
from tests.service_desk import ADDRESS, give_offer, make_repair, make_told_client

Visit = Callable[[str], Visitor]
S = RepairState


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


def card(visit: Visit, repair: Repair, role: str = "operator") -> str:
    return unescape(visit(role).get(f"/admin/repair/details/?id={repair.id}").text)


def move(person: Visitor, repair: Repair, wanted: RepairState, **fields: str) -> None:
    answer = person.post(f"/admin/repair/move/{repair.id}", wanted=wanted.value, **fields)
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/admin/repair/details/?id={repair.id}"


def new(client: Client, **fields: str) -> dict[str, str]:
    given = {"number": "N/1", "client": str(client.id), "device": "Laptop", "first_state": "received"}
    return given | fields


# --- making ---


def test_a_new_repair_is_told_of_in_the_same_breath(visit: Visit, stored: Session, client: Client) -> None:
    operator = visit("operator")
    answer = operator.post("/admin/repair/new/", **new(client))
    assert answer.status_code == 302, operator.sentences()
    repair = stored.scalars(sa.select(Repair)).one()
    assert (repair.state, repair.client_id, repair.device) == (S.RECEIVED, client.id, "Laptop")
    step = stored.scalars(sa.select(RepairChange)).one()
    assert (step.from_state, step.to_state, step.actor.name if step.actor else "") == (
        None,
        S.RECEIVED,
        "operator",
    )
    assert [each.address for each in stored.scalars(sa.select(Message))] == [ADDRESS]
    assert stored.scalars(sa.select(AuditEntry.action)).all() == ["create"]


def test_the_tick_keeps_that_one_notification_back(visit: Visit, stored: Session, client: Client) -> None:
    visit("operator").post("/admin/repair/new/", **new(client), hold_back="y")
    assert set(stored.scalars(sa.select(Notification.reason))) == {Withheld.HELD_BACK}
    assert stored.scalars(sa.select(Message)).all() == []


def test_the_form_proposes_the_next_number_of_the_year(visit: Visit, stored: Session, client: Client) -> None:
    operator = visit("operator")
    proposed = operator.get("/admin/repair/new/").text.split('name="number"')[1].split('value="')[1]
    first = proposed.split('"')[0]
    assert first.endswith("/0001") and first.startswith("N/")
    operator.post("/admin/repair/new/", **new(client, number=first))
    assert f'value="{first.replace("0001", "0002")}"' in operator.get("/admin/repair/new/").text


@pytest.mark.parametrize("fields", [{"first_state": "closed"}, {"device": ""}, {"client": "999"}])
def test_a_repair_that_makes_no_sense_is_not_made(
    visit: Visit, stored: Session, client: Client, fields: dict[str, str]
) -> None:
    assert visit("operator").post("/admin/repair/new/", **(new(client) | fields)).status_code == 200
    assert stored.scalars(sa.select(Repair)).all() == []
    assert stored.scalars(sa.select(FiredEvent)).all() == []


def test_a_number_taken_tells_nobody(visit: Visit, stored: Session, repair: Repair, client: Client) -> None:
    page = visit("operator").post("/admin/repair/new/", **new(client, number=repair.number))
    assert page.status_code == 200 and "Already exists" in page.text
    assert stored.scalars(sa.select(FiredEvent)).all() == []


def test_the_form_changes_words_and_never_the_state(visit: Visit, stored: Session, repair: Repair) -> None:
    operator = visit("operator")
    page = operator.get(f"/admin/repair/edit/?id={repair.id}").text
    assert 'name="first_state"' not in page and 'name="hold_back"' not in page
    operator.post(
        f"/admin/repair/edit/?id={repair.id}", number="N/9", device="Telefon", state="closed", client="5"
    )
    stored.refresh(repair)
    assert (repair.number, repair.device, repair.state) == ("N/9", "Telefon", S.RECEIVED)
    assert stored.scalars(sa.select(FiredEvent)).all() == []


# --- moving ---


def test_the_card_offers_exactly_the_moves_of_the_table(
    visit: Visit, stored: Session, repair: Repair
) -> None:
    repair.state = S.CLOSED
    stored.commit()
    page = card(visit, repair)
    assert [part.split('"')[0] for part in page.split('name="wanted" value="')[1:]] == ["received"]
    assert 'name="wanted"' not in card(visit, repair, "viewer")


def test_a_move_is_kept_with_its_note_and_told(visit: Visit, stored: Session, repair: Repair) -> None:
    move(visit("operator"), repair, S.READY_FOR_PICKUP, note="gotowe")
    stored.refresh(repair)
    assert repair.state is S.READY_FOR_PICKUP
    assert set(stored.scalars(sa.select(Message.channel))) == {Channel.EMAIL, Channel.SMS}
    page = card(visit, repair)
    assert "gotowe" in page and "Ready for pick-up or about to be shipped" in page and ADDRESS in page
    assert stored.scalars(sa.select(AuditEntry.action)).all() == ["move"]


def test_what_was_withheld_is_named_on_the_card(visit: Visit, repair: Repair) -> None:
    move(visit("operator"), repair, S.READY_FOR_PICKUP, hold_back="yes")
    assert card(visit, repair).count("Held back by whoever made the change") == 2


def test_a_refused_move_names_both_states_in_words(visit: Visit, stored: Session, repair: Repair) -> None:
    operator = visit("operator")
    move(operator, repair, S.AWAITING_SHIPMENT)
    assert operator.sentences() == ["A repair cannot go from “Received for repair” to “Awaiting shipment”."]
    stored.refresh(repair)
    assert repair.state is S.RECEIVED


def test_a_state_that_does_not_exist_is_no_request(visit: Visit, repair: Repair) -> None:
    operator = visit("operator")
    assert operator.post(f"/admin/repair/move/{repair.id}", wanted="lost").status_code == 400
    assert operator.post("/admin/repair/move/999", wanted="closed").status_code == 404


# --- offers ---


def test_an_offer_is_made_asked_and_accepted(visit: Visit, stored: Session, repair: Repair) -> None:
    operator = visit("operator")
    operator.post(f"/admin/repair/offer/{repair.id}", amount="1 234,50", description="Matryca")
    offer = stored.scalars(sa.select(CostOffer)).one()
    assert (offer.version, offer.amount, offer.state) == (1, 12_345_000, OfferState.OPEN)
    move(operator, repair, S.AWAITING_ACCEPTANCE)
    texts = stored.scalars(sa.select(Message.body_text).where(Message.channel == Channel.SMS)).all()
    assert len(texts) == 1 and "1 234,50" in (texts[0] or "")
    operator.post(f"/admin/repair/decide/{offer.id}/accept")
    stored.expire_all()
    assert (offer.state, repair.state) == (OfferState.ACCEPTED, S.IN_REPAIR)
    page = card(visit, repair)
    assert "Offer accepted" in page and "Costs to be accepted" in page
    assert {"offer", "move", "decide_offer"} == set(stored.scalars(sa.select(AuditEntry.action)))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"amount": "dużo"}, "“dużo” is not an amount of money. Write it like 100 or 49,99."),
        ({"amount": "0"}, "An offer's amount has to be above nought and at most one million zloty."),
        ({"amount": "10", "expires_on": "2020-01-01"}, "An offer cannot expire before today."),
        ({"amount": "10", "expires_on": "jutro"}, "The offer's last day is not a date."),
    ],
)
def test_an_offer_that_makes_no_sense_is_refused_with_a_sentence(
    visit: Visit, stored: Session, repair: Repair, fields: dict[str, str], sentence: str
) -> None:
    operator = visit("operator")
    answer = operator.post(f"/admin/repair/offer/{repair.id}", **fields)
    assert answer.headers["Location"] == f"/admin/repair/details/?id={repair.id}"
    assert operator.sentences() == [sentence]
    assert stored.scalars(sa.select(CostOffer)).all() == []


def test_a_decision_twice_is_refused_on_the_card(visit: Visit, stored: Session, repair: Repair) -> None:
    offer = give_offer(stored, repair, expires_on=date(2099, 12, 31))
    repair.state = S.AWAITING_ACCEPTANCE
    stored.commit()
    operator = visit("operator")
    for decision in ("reject", "accept"):
        answer = operator.post(f"/admin/repair/decide/{offer.id}/{decision}")
        assert answer.headers["Location"] == f"/admin/repair/details/?id={repair.id}"
    assert operator.sentences()[-1].startswith("Offer no. 1 has been decided on already")
    stored.expire_all()
    assert (offer.state, repair.state) == (OfferState.REJECTED, S.READY_FOR_PICKUP)


# --- the rest of the card and the list ---


def test_the_card_says_that_the_clients_address_is_blocked(
    visit: Visit, stored: Session, repair: Repair
) -> None:
    make.block(stored, ADDRESS)
    stored.commit()
    for page in (
        card(visit, repair),
        visit("viewer").get(f"/admin/client/details/?id={repair.client_id}").text,
    ):
        assert f"{ADDRESS} is blocked" in page and "See the block" in page


def test_the_clients_card_leads_to_its_repairs(visit: Visit, repair: Repair) -> None:
    page = visit("viewer").get(f"/admin/client/details/?id={repair.client_id}").text
    assert f"/admin/repair/details/?id={repair.id}" in page
    assert f"/admin/repair/?flt0_client={repair.client_id}" in page


def test_repairs_are_found_by_number_device_and_client(visit: Visit, stored: Session, client: Client) -> None:
    one = make_repair(stored, client, device="Drukarka laserowa")
    other = make_repair(stored, make.make_person(stored, "Łucja", "Żak"), S.IN_REPAIR, device="Toster")
    stored.commit()
    viewer = visit("viewer")
    for search, found in ((one.number, one), ("laser", one), ("zak", other), ("lucja toster", other)):
        page = viewer.get("/admin/repair/", search=search).text
        assert [number for number in (one.number, other.number) if number in page] == [found.number], search
    assert other.number in viewer.get("/admin/repair/", flt0_state="in_repair").text
    exported = viewer.get("/admin/repair/export/csv/", flt0_client_name="żak").get_data(as_text=True)
    assert "Toster" in exported and "Drukarka" not in exported


@pytest.mark.parametrize("role", ["accountant", "viewer"])
def test_a_reader_moves_nothing(visit: Visit, stored: Session, repair: Repair, role: str) -> None:
    offer = give_offer(stored, repair)
    stored.commit()
    person = visit(role)
    answers = [
        person.get("/admin/repair/new/"),
        person.post(f"/admin/repair/move/{repair.id}", wanted="closed"),
        person.post("/admin/repair/move-many", wanted="closed", rowid=[str(repair.id)]),
        person.post(f"/admin/repair/offer/{repair.id}", amount="10"),
        person.post(f"/admin/repair/decide/{offer.id}/accept"),
    ]
    assert [answer.status_code for answer in answers] == [403] * 5
    assert person.get(f"/admin/repair/details/?id={repair.id}").status_code == 200
    assert stored.scalars(sa.select(RepairChange)).all() == []
