"""A title with fields in it is read by a person, not by EJS."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask_babel import gettext
from sqlalchemy.orm import Session

from admin_views.campaign_titles import field_label, with_labels
from domain.channel import Channel
from domain.delivery import CampaignStatus
from services.draft_campaign import SubjectMissing
from services.message_content import EmptyVariables
from services.readable_title import readable
from tests import factories as make
from tests.admin_views.conftest import Visitor

Visit = Callable[[str], Visitor]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Wieści", "Wieści"),
        ("Lokal {unit}: {contract_number}", "Lokal [Contract: unit]: [Contract: number]"),
        ("{client_first_name}, {company_name}", "[Client: first name], [Our company's name]"),
        ("Do {until}", "Do …"),
        ("<%= client.name %>, dzień dobry", "[Client: full name], dzień dobry"),
        ("<% if (a) { %>tak<% } %>", "…tak…"),
        ("a <% nie zamknięte", "a …"),
        ("{Unit} 100% <b>", "{Unit} 100% <b>"),
    ],
)
def test_a_field_of_a_title_is_shown_by_its_name(panel: Flask, written: str, read: str) -> None:
    with panel.test_request_context(headers={"Accept-Language": "en"}):
        assert readable(written, gettext) == read


def test_a_refusal_names_its_fields_as_the_panel_does(panel: Flask) -> None:
    with panel.test_request_context(headers={"Accept-Language": "en"}):
        refusal = with_labels(EmptyVariables(["contract_number", "termin"]))
        assert str(refusal) == "These fields of the message are empty: Contract: number, termin."
        assert with_labels(SubjectMissing()).parameters == {}
        assert (field_label("company_name"), field_label("termin")) == ("Our company's name", "")


def test_no_page_that_names_a_campaign_shows_a_merge_tag(visit: Visit, stored: Session) -> None:
    campaign = make.make_campaign(stored, make.make_investment(stored), status=CampaignStatus.PAUSED)
    campaign.subject = "Umowa {contract_number}"
    stored.commit()
    person = visit("viewer")
    page = person.get("/admin/campaign/details/", id=str(campaign.id)).text
    assert page.count("{contract_number}") == 1  # the title as it was written, among the facts
    assert "<title>Umowa [Contract: number] · Goniec</title>" in page
    for path in ("/admin/", "/admin/campaign/"):
        page = person.get(path).text
        assert "Umowa [Contract: number]" in page and "{contract_number}" not in page


@pytest.mark.parametrize("arguments", [{"search": "OTWARTY zaprasz"}, {"flt0_title": "dzień otwarty"}])
def test_a_text_is_found_by_its_words_as_a_mail_by_its_title(
    visit: Visit, stored: Session, arguments: dict[str, str]
) -> None:
    investment = make.make_investment(stored)
    mail, text, other = (make.make_draft(stored, investment) for _place in range(3))
    mail.subject, mail.body = "Dzień otwarty: zapraszamy", "<p>List</p>"
    text.channel, text.subject, text.body = Channel.SMS, "", "Zapraszamy na dzień otwarty"
    other.subject, other.body = "Inny", "<p>Dzień otwarty: zapraszamy</p>"
    stored.commit()
    page = visit("viewer").get("/admin/campaign/", **arguments).text
    assert "Dzień otwarty: zapraszamy" in page and "Zapraszamy na dzień otwarty" in page
    assert "Inny" not in page
