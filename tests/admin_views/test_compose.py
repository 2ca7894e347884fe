"""The composer's pages: started, saved, filled from a template, previewed, tested, discarded."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from domain.channel import Channel
from domain.delivery import Status
from models.attachment import Attachment
from models.campaign import Campaign, CampaignClient, CampaignKind
from models.investment import Investment
from models.message import Message, Origin
from models.message_template import MessageTemplate
from tests import factories as make
from tests.admin_views.conftest import Visitor

Visit = Callable[[str], Visitor]
WHOLE = {
    "subject": "Nowy tytuł",
    "body": "<p>Treść</p>",
    "contract_types": ["sale", "nonsense"],
    "variables": {},
    "template_id": "",
}


@pytest.fixture
def investment(stored: Session) -> Investment:
    made = make.make_investment(stored, "Osiedle Test")
    definition = make.make_definition(stored)
    jan = make.make_ready_client(stored, definition, "jan@poczta.example", first_name="Jan", last_name="Łąka")
    make.make_contract(stored, made, jan)
    stored.commit()
    return made


@pytest.fixture
def draft(stored: Session, investment: Investment) -> Campaign:
    made = make.make_draft(stored, investment)
    stored.commit()
    return made


def ask(person: Visitor, path: str, **body: Any) -> TestResponse:
    """What the composer's script sends."""
    headers = {"X-CSRFToken": person.token(), "X-Requested-With": "fetch"}
    return person.browser.post(f"/admin/campaign/{path}", json=body, headers=headers)


def save(person: Visitor, draft: Campaign, **changed: Any) -> TestResponse:
    body = {"version": draft.updated_at.isoformat(), **WHOLE}
    return ask(person, f"save/{draft.id}", **body | changed)


def send_file(person: Visitor, draft: Campaign, name: str, content: bytes) -> TestResponse:
    return person.browser.post(
        f"/admin/campaign/attach/{draft.id}",
        data={"file": (io.BytesIO(content), name)},
        headers={"X-CSRFToken": person.token(), "X-Requested-With": "fetch"},
    )


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


# --- saving ---


def test_what_is_typed_is_kept_and_answered_with_the_next_version(
    visit: Visit, stored: Session, draft: Campaign
) -> None:
    answer = save(
        visit("operator"), draft, variables={"until\x00": "31\x00 marca"}, body="<p>{until}</p>\x00"
    )
    stored.expire_all()
    told = answer.get_json()
    assert (draft.subject, draft.body, draft.contract_types) == ("Nowy tytuł", "<p>{until}</p>", ["sale"])
    assert draft.variables == {"until": "31 marca"}
    assert datetime.fromisoformat(told["version"]) == draft.updated_at
    assert [field["name"] for field in told["fields"]] == ["until"] and told["reach"] == 1


def test_words_from_another_window_are_not_written_over(
    visit: Visit, stored: Session, draft: Campaign
) -> None:
    person = visit("operator")
    version = draft.updated_at.isoformat()
    assert save(person, draft).status_code == 200
    refused = save(person, draft, version=version, subject="Stary")
    stored.expire_all()
    assert (refused.status_code, refused.headers["X-Refusal"]) == (409, "DraftChanged")
    assert draft.subject == "Nowy tytuł"


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("version", None),
        ("version", 1),
        ("version", "yesterday"),
        ("subject", True),
        ("body", []),
        ("contract_types", "sale"),
        ("variables", {"until": 1}),
        ("template_id", {}),
        ("template_id", "x"),
    ],
)
def test_a_save_that_is_not_understood_empties_nothing(
    visit: Visit, stored: Session, draft: Campaign, field: str, wrong: object
) -> None:
    person, kept = visit("operator"), (draft.subject, draft.body, draft.contract_types, draft.updated_at)
    whole = {"version": draft.updated_at.isoformat(), **WHOLE}
    without = {name: value for name, value in whole.items() if name != field}
    answers = [save(person, draft, **{field: wrong}), ask(person, f"save/{draft.id}", **without)]
    answers.append(ask(person, f"save/{draft.id}"))
    assert [answer.status_code for answer in answers] == [400] * 3
    assert all(f"“{field}” is missing" in answer.text for answer in answers[:2])
    stored.expire_all()
    assert (draft.subject, draft.body, draft.contract_types, draft.updated_at) == kept


def test_whoever_keeps_their_own_words_names_no_version(
    visit: Visit, stored: Session, draft: Campaign
) -> None:
    person, version = visit("operator"), draft.updated_at.isoformat()
    assert save(person, draft).status_code == 200
    assert save(person, draft, version=version, subject="Mój").status_code == 409
    assert save(person, draft, version="", subject="Mój").status_code == 200
    stored.expire_all()
    assert draft.subject == "Mój"


def test_a_template_that_cannot_be_used_is_kept_and_told(
    visit: Visit, stored: Session, draft: Campaign
) -> None:
    answer = save(visit("operator"), draft, body="<p><% if (client.name) { %>x</p>")
    stored.expire_all()
    assert answer.status_code == 200 and answer.get_json()["problem"]
    assert draft.body == "<p><% if (client.name) { %>x</p>"


@pytest.mark.parametrize(("field", "longest"), [("subject", 400), ("body", 500_000)])
def test_a_text_too_long_is_refused_at_its_field(
    visit: Visit, draft: Campaign, field: str, longest: int
) -> None:
    answer = save(visit("operator"), draft, **{field: "x" * (longest + 1)})
    assert (answer.status_code, answer.headers["X-Field"]) == (409, field)
    assert f"{longest}" in answer.text


def test_a_session_that_ended_is_told_so_and_a_token_that_expired_can_be_renewed(
    panel: Flask, visit: Visit, draft: Campaign
) -> None:
    person = visit("operator")
    stale = {"X-CSRFToken": "stale", "X-Requested-With": "fetch"}
    assert person.browser.post(f"/admin/campaign/save/{draft.id}", json={}, headers=stale).status_code == 400
    token = person.get("/admin/campaign/token").text
    fresh = {"X-CSRFToken": token, "X-Requested-With": "fetch"}
    body = {**WHOLE, "version": draft.updated_at.isoformat()}
    assert (
        person.browser.post(f"/admin/campaign/save/{draft.id}", json=body, headers=fresh).status_code == 200
    )
    stranger = Visitor(panel)
    assert save(stranger, draft).status_code == 401


def test_a_template_is_handed_over_unless_it_is_switched_off(
    visit: Visit, stored: Session, investment: Investment
) -> None:
    used = MessageTemplate(name="A", channel=Channel.EMAIL, subject="Tytuł", body="<p>x</p>")
    off = MessageTemplate(name="B", channel=Channel.EMAIL, subject="Tytuł", body="x", is_active=False)
    stored.add_all([used, off])
    stored.commit()
    person = visit("operator")
    assert person.get(f"/admin/campaign/template/{used.id}").get_json() == {
        "subject": "Tytuł",
        "body": "<p>x</p>",
    }
    assert person.get(f"/admin/campaign/template/{off.id}").status_code == 404


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
