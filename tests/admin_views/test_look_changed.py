"""What the company puts around its messages changes between preview, report and approval."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from domain.delivery import CampaignStatus
from models.branding import BrandingVersion
from models.campaign import Campaign
from tests import factories as make
from tests.admin_views.composing import ask, make_composed, make_reached
from tests.admin_views.conftest import Visitor

Visit = Callable[[str], Visitor]
TOLD = "has changed since you saw this one"


@pytest.fixture
def draft(stored: Session) -> Campaign:
    return make_composed(stored, make_reached(stored))


def change_look(stored: Session) -> None:
    stored.add(BrandingVersion(footer_html="<p>ul. Polna 1</p>", created_at=make.LONG_AGO))
    stored.commit()


def shown(page: str) -> dict[str, Any]:
    """What a report says of the message it was made for."""
    found = {name: re.search(rf'data-{name}="([^"]*)"', page) for name in ("version", "look")}
    return {name: unescape(value[1]) for name, value in found.items() if value}


def send(person: Visitor, draft: Campaign, **told: Any) -> TestResponse:
    return ask(person, f"send/{draft.id}", expected=1, skip_errors=False, **told)


def preview(person: Visitor, draft: Campaign) -> str:
    return str(person.get(f"/admin/campaign/preview/{draft.id}").get_json()["look"])


def test_a_message_is_sent_in_the_look_that_was_shown(visit: Visit, stored: Session, draft: Campaign) -> None:
    person = visit("operator")
    page = ask(person, f"preflight/{draft.id}", look=preview(person, draft)).text
    assert TOLD not in page and send(person, draft, **shown(page)).status_code == 200
    stored.expire_all()
    assert draft.status == CampaignStatus.SENDING


def test_the_report_says_that_the_preview_is_outdated(visit: Visit, stored: Session, draft: Campaign) -> None:
    person = visit("operator")
    seen = preview(person, draft)
    change_look(stored)
    assert seen != preview(person, draft)
    page = ask(person, f"preflight/{draft.id}", look=seen).text
    assert TOLD in page and shown(page)["look"] == preview(person, draft)
    assert TOLD not in ask(person, f"preflight/{draft.id}").text  # nothing was previewed


def test_a_look_changed_since_the_report_is_shown_before_it_is_sent(
    visit: Visit, stored: Session, draft: Campaign
) -> None:
    person = visit("operator")
    old = shown(ask(person, f"preflight/{draft.id}").text)
    change_look(stored)
    answer = send(person, draft, **old)
    assert answer.status_code == 409 and answer.mimetype == "text/html" and TOLD in answer.text
    stored.expire_all()
    assert draft.status == CampaignStatus.DRAFT
    assert send(person, draft, **shown(answer.text)).status_code == 200


@pytest.mark.parametrize("look", [None, "", 7])
def test_whoever_saw_no_look_approves_none(visit: Visit, stored: Session, draft: Campaign, look: Any) -> None:
    person = visit("operator")
    told = {**shown(ask(person, f"preflight/{draft.id}").text), "look": look}
    assert send(person, draft, **told).status_code == 409
    stored.expire_all()
    assert draft.status == CampaignStatus.DRAFT
