"""What is typed into the composer: kept, refused, filled from a template, never written over."""

from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from domain.channel import Channel
from models.campaign import Campaign
from models.investment import Investment
from models.message_template import MessageTemplate
from tests.admin_views.composing import WHOLE, Visit, ask, make_composed, make_reached, save
from tests.admin_views.conftest import Visitor


@pytest.fixture
def investment(stored: Session) -> Investment:
    return make_reached(stored)


@pytest.fixture
def draft(stored: Session, investment: Investment) -> Campaign:
    return make_composed(stored, investment)


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
