"""Message templates: checked when saved, shown with sample values, and counted."""

from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from domain.channel import Channel
from models.message_template import MessageTemplate
from tests import factories as make
from tests.admin_views.conftest import Visitor

Visit = Callable[[str], Visitor]
LOGIC = '<p>Dzień dobry<% if (client.kind === "company") { %> Państwu<% } else { %> {first_name}<% } %>!</p>'


def save(visit: Visit, **changed: str) -> TestResponse:
    fields = {
        "name": "Odbiór kluczy",
        "channel": "email",
        "purpose": "marketing",
        "subject": "Odbiór {date}",
        "body": LOGIC,
        "is_active": "y",
    }
    return visit("operator").post("/admin/message_template/new/", **fields | changed)


@pytest.fixture
def keep(stored: Session) -> Callable[..., MessageTemplate]:
    def make_template(**values: Any) -> MessageTemplate:
        template = MessageTemplate(**{"name": "Odbiór", "subject": "Odbiór {date}", "body": LOGIC} | values)
        stored.add(template)
        stored.commit()
        return template

    return make_template


def card(visit: Visit, template: MessageTemplate) -> TestResponse:
    return visit("viewer").get("/admin/message_template/details/", id=str(template.id))


def test_a_sound_template_is_kept_to_the_letter(visit: Visit, stored: Session) -> None:
    assert save(visit).status_code == 302
    assert stored.scalars(sa.select(MessageTemplate)).one().body == LOGIC


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        ({"body": "<p><%- client.name %></p>"}, "body", "prints raw HTML"),
        ({"body": "<p>\n<% if (client.kind %></p>"}, "body", "Line 2"),
        ({"subject": "Odbiór <% if %>"}, "subject", "Line 1"),
        ({"subject": "  "}, "subject", "Enter the title of the message."),
        ({"channel": "sms", "body": "Dzień dobry <%= client.name"}, "body", "is never closed"),
        ({"channel": "sms", "body": "<% while (true) {} %>"}, "body", "ran longer than 1.0 s"),
        ({"subject": "{date} <% while (true) {} %>"}, "subject", "ran longer than 1.0 s"),
        ({"body": "<p>\n<%= klient.imie %></p>"}, "body", "Line 2 of the template failed"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    visit: Visit, stored: Session, changed: dict[str, str], field: str, sentence: str
) -> None:
    answer = save(visit, **changed)
    page = unescape(answer.text)
    assert answer.status_code == 200
    error = page.split(f'id="error-{field}">')[1].split("</p>")[0]
    assert sentence in error
    assert page.count('class="field-error"') == 1
    assert "Odbiór kluczy" in page
    assert changed.get("body", LOGIC) in page
    assert stored.scalar(sa.select(sa.func.count(MessageTemplate.id))) == 0


def test_a_template_may_fail_for_want_of_what_its_sender_fills_in(visit: Visit, stored: Session) -> None:
    body = "<p><% if (!/^\\d+$/.test(variables.amount)) throw new Error('amount') %></p>"
    assert save(visit, body=body).status_code == 302


def test_a_refused_change_leaves_the_template_as_it_was(
    visit: Visit, stored: Session, keep: Callable[..., MessageTemplate]
) -> None:
    template = keep()
    path = f"/admin/message_template/edit/?id={template.id}"
    fields = {"name": "Odbiór", "channel": "email", "purpose": "marketing", "subject": "Odbiór"}
    assert visit("operator").post(path, **fields, body="<% } %>").status_code == 200
    stored.expire_all()
    assert template.body == LOGIC


def test_a_text_message_has_no_subject_and_any_angle_brackets(visit: Visit, stored: Session) -> None:
    assert save(visit, channel="sms", body="{client_name}: 2 < 3 & <b>").status_code == 302
    template = stored.scalars(sa.select(MessageTemplate)).one()
    assert (template.subject, template.body) == ("", "{client_name}: 2 < 3 & <b>")


def test_a_template_can_be_deleted(
    visit: Visit, stored: Session, keep: Callable[..., MessageTemplate]
) -> None:
    visit("operator").post("/admin/message_template/delete/", id=str(keep().id))
    assert stored.scalar(sa.select(sa.func.count(MessageTemplate.id))) == 0


def test_the_editor_may_write_styles_on_its_own_pages_only(visit: Visit) -> None:
    person = visit("operator")
    form = person.get("/admin/message_template/new/")
    assert "js/editor.js" in form.text
    assert "{client_name}" in form.text
    assert "'unsafe-inline'" in form.headers["Content-Security-Policy"]
    assert "script-src 'self' 'nonce-" in form.headers["Content-Security-Policy"]
    assert "'unsafe-inline'" not in person.get("/admin/message_template/").headers["Content-Security-Policy"]


def test_the_card_shows_the_template_rendered_in_a_frame_without_scripts(
    visit: Visit, keep: Callable[..., MessageTemplate]
) -> None:
    page = card(visit, keep()).text
    frame = page.split("<iframe")[1].split("</iframe>")[0]
    shown = unescape(frame.split('srcdoc="')[1])
    assert " sandbox " in frame
    assert "allow-" not in frame.split('srcdoc="')[0]
    assert "Dzień dobry Anna!" in shown
    assert "rezygnuję z wiadomości" in shown
    assert "Odbiór {date}" in page.split("preview-subject")[1].split("</p>")[0]
    assert "Dzień dobry Anna!" in page.split('data-letter-part="text">')[1].split("</pre>")[0]


def test_the_card_lists_fields_and_variables(visit: Visit, keep: Callable[..., MessageTemplate]) -> None:
    facts = unescape(card(visit, keep()).text.split("Filled in from records")[1])
    records, by_sender = facts.split("Filled in by the sender")
    assert "{first_name}" in records
    assert "{date}" not in records
    assert "{date}" in by_sender.split("</dd>")[0]


def test_a_template_that_fails_when_rendered_says_so_on_its_card(
    visit: Visit, keep: Callable[..., MessageTemplate]
) -> None:
    page = card(visit, keep(body="<p><%= klient.imie %></p>"))
    assert page.status_code == 200
    assert "This template cannot be used." in page.text
    assert "<iframe" not in page.text


def test_a_text_message_is_previewed_as_text(visit: Visit, keep: Callable[..., MessageTemplate]) -> None:
    page = card(visit, keep(channel=Channel.SMS, subject="", body="{client_name} <3")).text
    assert "<iframe" not in page
    assert "Anna Wiśniewska &lt;3" in page


def test_only_approved_campaigns_count_as_use(
    visit: Visit, stored: Session, keep: Callable[..., MessageTemplate]
) -> None:
    template = keep()
    assert "not yet" in card(visit, template).text
    investment = make.make_investment(stored)
    for approved_at in (datetime(2026, 1, 5, 9, tzinfo=UTC), datetime(2026, 2, 5, 9, tzinfo=UTC)):
        make.make_campaign(stored, investment, template=template, approved_at=approved_at)
    make.make_draft(stored, investment, template=template)
    stored.commit()
    page = card(visit, template).text
    assert "in 2 campaigns" in page
    assert 'datetime="2026-02-05T09:00:00+00:00"' in page
