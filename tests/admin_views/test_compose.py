"""The composer's pages: started, with files, previewed, tested, discarded."""

import json
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from domain.delivery import Status
from models.attachment import Attachment
from models.campaign import Campaign, CampaignClient, CampaignKind
from models.investment import Investment
from models.message import Message, Origin
from tests import factories as make
from tests.admin_views.composing import Visit, ask, make_composed, make_reached, save, send_file
from tests.admin_views.conftest import Visitor


@pytest.fixture
def investment(stored: Session) -> Investment:
    return make_reached(stored)


@pytest.fixture
def draft(stored: Session, investment: Investment) -> Campaign:
    return make_composed(stored, investment)


# --- starting ---


def test_the_button_of_an_investment_opens_one_empty_draft_however_often_it_is_clicked(
    visit: Visit, stored: Session, investment: Investment
) -> None:
    person = visit("operator")
    places = {person.get(f"/admin/campaign/start/investment/{investment.id}").location for _ in range(2)}
    (draft,) = stored.scalars(sa.select(Campaign))
    assert places == {f"/admin/campaign/compose/{draft.id}"}
    assert draft.kind == CampaignKind.INVESTMENT


def test_the_composer_shows_how_many_clients_stand_behind_each_type(visit: Visit, draft: Campaign) -> None:
    page = visit("operator").get(f"/admin/campaign/compose/{draft.id}").text
    assert page.count('class="pick"') == 4
    assert "1 client<" in page and "0 clients<" in page


def test_the_composer_lets_no_foreign_script_in(visit: Visit, draft: Campaign) -> None:
    policy = visit("operator").get(f"/admin/campaign/compose/{draft.id}").headers["Content-Security-Policy"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "unsafe" not in scripts and "http" not in scripts


def test_ticked_clients_become_the_audience(visit: Visit, stored: Session) -> None:
    clients = [make.make_person(stored, last_name=name) for name in ("Nowak", "Kowal", "Lis")]
    stored.commit()
    answer = visit("operator").post(
        "/admin/client/action/",
        action="write_message",
        rowid=[str(client.id) for client in clients[:2]],
        url="/admin/client/",
    )
    (draft,) = stored.scalars(sa.select(Campaign))
    assert answer.location == f"/admin/campaign/compose/{draft.id}"
    chosen = stored.scalars(sa.select(CampaignClient.client_id).where(CampaignClient.campaign_id == draft.id))
    assert set(chosen) == {client.id for client in clients[:2]}


def everything(person: Visitor, url: str, expected: int) -> TestResponse:
    return person.post(
        "/admin/client/action/", action="write_message", everything="1", expected=str(expected), url=url
    )


def test_all_that_match_the_filter_become_the_audience(visit: Visit, stored: Session) -> None:
    for name in ("Nowak", "Nowakowska", "Lis"):
        make.make_person(stored, last_name=name)
    stored.commit()
    everything(visit("operator"), "/admin/client/?search=nowak", 2)
    assert stored.scalar(sa.select(sa.func.count()).select_from(CampaignClient)) == 2


@pytest.mark.parametrize(
    ("url", "expected"), [("/admin/client/?search=nowak", 3), ("/admin/client/?flt0_nonsense=1", 3)]
)
def test_a_list_that_is_not_what_the_person_saw_makes_no_draft(
    visit: Visit, stored: Session, url: str, expected: int
) -> None:
    for name in ("Nowak", "Nowakowska", "Lis"):
        make.make_person(stored, last_name=name)
    stored.commit()
    everything(visit("operator"), url, expected)
    assert stored.scalar(sa.select(sa.func.count(Campaign.id))) == 0


# --- attachments ---


def test_a_file_is_attached_shown_and_taken_off(visit: Visit, stored: Session, draft: Campaign) -> None:
    person = visit("operator")
    told = send_file(person, draft, "Rzut łazienki.pdf", b"%PDF").get_json()
    assert told["name"] == "Rzut łazienki.pdf"
    shown = person.get(f"/admin/campaign/attachment/{draft.id}/{told['id']}")
    assert shown.data == b"%PDF" and shown.headers["Content-Disposition"].startswith("attachment;")
    assert shown.mimetype == "application/octet-stream"
    assert ask(person, f"detach/{draft.id}/{told['id']}").status_code == 204
    assert stored.scalar(sa.select(sa.func.count(Attachment.id))) == 0


def test_a_refused_file_is_told_in_one_sentence(visit: Visit, stored: Session, draft: Campaign) -> None:
    answer = send_file(visit("operator"), draft, "wirus.exe", b"MZ")
    assert (answer.status_code, answer.headers["X-Field"]) == (409, "attachments")
    assert answer.text == "wirus.exe: mail servers reject files of the type .exe."


def test_a_file_of_another_campaign_is_not_shown(visit: Visit, stored: Session, draft: Campaign) -> None:
    person = visit("operator")
    number = send_file(person, draft, "cennik.pdf", b"%PDF").get_json()["id"]
    other = make.make_draft(stored, draft.investment)
    stored.commit()
    assert person.get(f"/admin/campaign/attachment/{other.id}/{number}").status_code == 404


# --- preview and test ---


def test_a_preview_is_what_the_client_would_see(visit: Visit, draft: Campaign) -> None:
    person = visit("operator")
    letter = person.get(f"/admin/campaign/preview/{draft.id}").get_json()
    assert letter["subject"] == "Dzień dobry"
    assert "Jan Łąka" in letter["html"] and "Jan Łąka" in letter["text"]


def test_the_audience_is_searched_without_accents(visit: Visit, draft: Campaign) -> None:
    person = visit("operator")
    found = person.get(f"/admin/campaign/audience/{draft.id}", query="laka").get_json()
    assert [client["name"] for client in found] == ["Jan Łąka"]
    assert person.get(f"/admin/campaign/audience/{draft.id}", query="zzz").get_json() == []


def test_a_test_goes_to_whoever_is_logged_in(visit: Visit, stored: Session, draft: Campaign) -> None:
    answer = ask(visit("operator"), f"test/{draft.id}", client_id="")
    (message,) = stored.scalars(sa.select(Message))
    assert (message.origin, message.status) == (Origin.TEST, Status.QUEUED)
    assert message.address == "operator@goniec.example"
    assert answer.get_json()["message"] == "A test is on its way to operator@goniec.example."


# --- discarding, and who may ---


def test_a_discarded_draft_leads_back_to_the_investment(
    visit: Visit, stored: Session, draft: Campaign
) -> None:
    number, home = draft.id, draft.investment_id
    answer = visit("operator").post(f"/admin/campaign/discard/{number}")
    assert answer.location == f"/admin/investment/details/?id={home}"
    stored.expunge_all()
    assert stored.get(Campaign, number) is None


def test_what_is_under_way_is_composed_no_more(visit: Visit, stored: Session, investment: Investment) -> None:
    sent = make.make_campaign(stored, investment, updated_at=datetime.now(UTC))
    stored.commit()
    person = visit("operator")
    answer = person.get(f"/admin/campaign/compose/{sent.id}")
    assert answer.location == f"/admin/campaign/details/?id={sent.id}"
    assert save(person, sent).headers["X-Refusal"] == "AlreadyApproved"
    assert send_file(person, sent, "x.pdf", b"x").status_code == 409
    assert person.post(f"/admin/campaign/discard/{sent.id}").status_code == 302
    assert stored.scalar(sa.select(sa.func.count(Campaign.id))) == 1


@pytest.mark.parametrize("role", ["viewer", "accountant"])
def test_a_reader_composes_nothing(visit: Visit, stored: Session, draft: Campaign, role: str) -> None:
    person = visit(role)
    codes = [
        person.get(f"/admin/campaign/start/investment/{draft.investment_id}").status_code,
        person.get(f"/admin/campaign/compose/{draft.id}").status_code,
        save(person, draft).status_code,
        send_file(person, draft, "x.pdf", b"x").status_code,
        ask(person, f"test/{draft.id}").status_code,
        person.post(f"/admin/campaign/discard/{draft.id}").status_code,
    ]
    assert codes == [403] * 6
    assert json.dumps([draft.subject]) == json.dumps(["Dzień dobry"])
