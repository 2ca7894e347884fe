"""The rules of notifications in the panel: who sets them, what is checked, and what a text looks like."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from domain.channel import Channel
from domain.events import PAIRS, EventKind
from domain.notification_rules import RuleMode
from domain.notification_texts import default_text
from models.audit import AuditEntry
from models.consent import ConsentPurpose
from models.message_template import MessageTemplate
from models.notification import NotificationRule
from tests import factories as make
from tests.admin_views.conftest import ROLES, Visitor
from tests.service_desk import give_offer, make_repair, make_told_client

Visit = Callable[[str], Visitor]
MAIL, TEXT = "/admin/notification_rule/ticket_done/email", "/admin/notification_rule/ticket_done/sms"
SEEN = re.compile(r'name="seen"[^>]*value="([^"]*)"')
BODY = "<p>Zgłoszenie <%= ticket.number %> zakończone</p>"


def rule(stored: Session) -> NotificationRule:
    stored.expire_all()
    return stored.scalars(sa.select(NotificationRule)).one()


def mail(**fields: str) -> dict[str, str]:
    return {"mode": "always", "consent": "", "subject": "Gotowe", "body": BODY} | fields


def save(person: Visitor, path: str = MAIL, **fields: str) -> TestResponse:
    """Open the rule's page and send its form."""
    found = SEEN.search(person.get(path).text)
    assert found
    return person.post(path, **{"seen": found[1], **fields})


def ask(visit: Visit, path: str, **given: object) -> tuple[int, dict[str, str] | str]:
    person = visit("operator")
    headers = {"X-CSRFToken": person.token(), "X-Requested-With": "fetch"}
    body = {"body": "", "strip_letters": "", "variables": {}} | given
    answer = person.browser.post(f"{path}/preview", json=body, headers=headers)
    return answer.status_code, answer.json if answer.is_json else answer.text


@pytest.mark.parametrize("role", ROLES)
def test_everybody_sees_the_rules_and_those_who_write_set_them(visit: Visit, role: str) -> None:
    person, may = visit(role), role in ("administrator", "operator")
    page = person.get("/admin/notification_rule/")
    assert page.status_code == 200 and ("/ticket_done/sms" in page.text) == may
    assert person.get(MAIL).status_code == (200 if may else 403)
    assert person.get(f"{MAIL}/records", query="x").status_code == (200 if may else 403)
    for path in (f"{MAIL}/default", f"{MAIL}/preview"):
        assert (person.post(path).status_code == 403) != may


def test_the_table_has_all_nineteen_pairs(visit: Visit) -> None:
    page = visit("operator").get("/admin/notification_rule/").text
    assert page.count("/admin/notification_rule/") >= len(PAIRS)
    assert all(f"/admin/notification_rule/{event}/{channel}" in page for event, channel in PAIRS)
    assert page.count("Not told by this channel") == 1


def test_every_pair_opens_with_its_default_text(visit: Visit) -> None:
    operator = visit("operator")
    for event, channel in PAIRS:
        page = unescape(operator.get(f"/admin/notification_rule/{event}/{channel}").text)
        assert default_text(event, channel).body in page
    assert operator.get("/admin/notification_rule/shipment_created/sms").status_code == 404
    assert operator.get("/admin/notification_rule/other/sms").status_code == 404


def test_a_text_of_ones_own_is_kept_and_the_default_brought_back(visit: Visit, stored: Session) -> None:
    operator = visit("operator")
    assert save(operator, **mail()).status_code == 302
    assert (rule(stored).subject, rule(stored).body) == ("Gotowe", BODY)
    assert "own text" in operator.get("/admin/notification_rule/").text
    assert operator.post(f"{MAIL}/default").status_code == 302
    assert rule(stored).body == BODY, "a page opened before the text was saved brings nothing back"
    operator.post(f"{MAIL}/default", seen=rule(stored).updated_at.isoformat())
    assert (rule(stored).subject, rule(stored).body) == ("", "")
    assert stored.scalars(sa.select(AuditEntry.action)).all() == ["set_rule", "default_text"]


def test_a_default_text_that_is_saved_stays_the_default_one(visit: Visit, stored: Session) -> None:
    text = default_text(EventKind.TICKET_DONE, Channel.EMAIL)
    save(visit("operator"), **mail(subject=text.subject, body=text.body, mode="never"))
    assert (rule(stored).mode, rule(stored).body) == (RuleMode.NEVER, "")


def test_a_rule_can_depend_on_a_named_consent(visit: Visit, stored: Session) -> None:
    named = make.make_definition(stored, channel=None, purpose=ConsentPurpose.OTHER)
    stored.commit()
    operator = visit("operator")
    refused = save(operator, **mail(mode="consent"))
    assert refused.status_code == 409 and "Name the consent that the rule depends on." in refused.text
    assert save(operator, **mail(mode="consent", consent=str(named.id))).status_code == 302
    assert rule(stored).consent_definition_id == named.id
    assert named.name in operator.get("/admin/notification_rule/").text
    save(operator, **mail(consent=str(named.id)))
    assert rule(stored).consent_definition_id is None


def test_the_second_of_two_who_edit_one_rule_is_refused_and_loses_no_text(
    visit: Visit, stored: Session
) -> None:
    first, second = visit("operator"), visit("administrator")
    first_time = save(first, **mail(subject="Pierwszy"))
    assert first_time.status_code == 302
    for seen in ("", (rule(stored).updated_at - timedelta(microseconds=1)).isoformat(), "yesterday"):
        refused = second.post(MAIL, **mail(seen=seen, body="<p>Drugi</p>"))
        page = unescape(refused.text)
        assert refused.status_code == 409 and "Somebody else saved this rule" in page
        assert "<p>Drugi</p>" in page and "Pierwszy" in page and "operator" in page
        assert rule(stored).subject == "Pierwszy"
    found = SEEN.search(second.post(MAIL, **mail(seen="", body="<p>Drugi</p>")).text)
    assert found and second.post(MAIL, **mail(seen=found[1], body="<p>Drugi</p>")).status_code == 302
    assert rule(stored).body == "<p>Drugi</p>", "saved again, knowing of the other"


@pytest.mark.parametrize(
    ("purpose", "channel", "body", "says"),
    [
        (ConsentPurpose.MARKETING, Channel.EMAIL, "<p>Rabat</p>", ""),
        (ConsentPurpose.OTHER, None, BODY, ""),
        (ConsentPurpose.OTHER, None, "<p>Rabat</p>", "is no consent to marketing (PKE, art. 398)"),
        (ConsentPurpose.MARKETING, Channel.SMS, "<p>Rabat</p>", "is a consent for the other channel"),
        (ConsentPurpose.DATA_PROCESSING, None, "<p>Rabat</p>", "is no consent to marketing (PKE, art. 398)"),
        (ConsentPurpose.DATA_PROCESSING, None, BODY, "is asked for by every rule anyway"),
    ],
)
def test_a_consent_that_does_not_fit_the_rule_is_warned_of(
    visit: Visit,
    stored: Session,
    purpose: ConsentPurpose,
    channel: Channel | None,
    body: str,
    says: str,
) -> None:
    named = make.make_definition(stored, channel=channel, purpose=purpose)
    stored.commit()
    code, told = ask(visit, MAIL, body=body, subject="x", mode="consent", consent=str(named.id))
    assert code == 200 and isinstance(told, dict) and says in told["warning"]
    assert bool(told["warning"]) == bool(says) == bool(told["warningTitle"])
    operator = visit("operator")
    assert save(operator, **mail(mode="consent", consent=str(named.id), body=body)).status_code == 302
    assert ("check the consent" in operator.get("/admin/notification_rule/").text) == bool(says)


def test_a_consent_that_is_no_longer_in_use_stays_named_and_is_warned_of(
    visit: Visit, stored: Session
) -> None:
    named = make.make_definition(stored, channel=None, purpose=ConsentPurpose.OTHER)
    stored.commit()
    operator = visit("operator")
    save(operator, **mail(mode="consent", consent=str(named.id)))
    named.is_active = False
    stored.commit()
    assert "is no longer in use" in operator.get(MAIL).text
    assert save(operator, **mail(mode="consent", consent=str(named.id))).status_code == 302
    assert rule(stored).consent_definition_id == named.id


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"body": "<p><% } %></p>"}, "Line 1"),
        ({"body": "<p><%= repair.number %></p>"}, "repair"),
        ({"body": "<p>{amount_of_nothing}</p>"}, "amount_of_nothing"),
        ({"body": " "}, "The text is empty."),
        ({"subject": ""}, "subject"),
        ({"mode": "sometimes"}, ""),
    ],
)
def test_a_text_that_cannot_be_sent_is_not_saved(
    visit: Visit, stored: Session, fields: dict[str, str], says: str
) -> None:
    answer = save(visit("operator"), **mail(**fields))
    assert answer.status_code == 409 and says in answer.text
    assert stored.scalars(sa.select(NotificationRule)).all() == []


def test_a_text_message_keeps_its_switch_and_has_no_subject(visit: Visit, stored: Session) -> None:
    fields = {
        "mode": "always",
        "consent": "",
        "body": "Gotowe:\r\n<%= ticket.number %>",
        "strip_letters": "yes",
    }
    assert save(visit("operator"), TEXT, **fields).status_code == 302
    kept = rule(stored)
    assert (kept.subject, kept.body, kept.strip_letters) == ("", "Gotowe:\n<%= ticket.number %>", True)
    too_long = save(visit("operator"), TEXT, **{**fields, "body": "ż" * 3000})
    assert too_long.status_code == 409


def test_marketing_without_a_consent_is_warned_of(visit: Visit, stored: Session) -> None:
    operator = visit("operator")
    assert save(operator, **mail(body="<p>Wielka promocja!</p>")).status_code == 302, "a warning"
    page = operator.get(MAIL).text
    assert "art. 398" in page and "promocja" in page
    assert "marketing words" in operator.get("/admin/notification_rule/").text
    code, told = ask(visit, MAIL, body="<p>Rabat</p>", subject="x")
    assert code == 200 and isinstance(told, dict) and "Rabat" in told["warning"]


def test_a_preview_shows_a_sample_and_then_a_real_record(visit: Visit, stored: Session) -> None:
    client = make_told_client(stored)
    repair = make_repair(stored, client, device="Drukarka <b>")
    give_offer(stored, repair)
    stored.commit()
    path = "/admin/notification_rule/cost_acceptance/email"
    body = "<p><%= client.name %>: <%= repair.device %>, <%= offer.amount %></p>"
    _code, sample = ask(visit, path, body=body, subject="Nr <%= repair.number %>")
    _code, real = ask(visit, path, body=body, subject="Nr <%= repair.number %>", record=str(repair.id))
    assert isinstance(sample, dict) and isinstance(real, dict)
    assert "Anna Wiśniewska" in sample["html"] and sample["subject"] == "Nr N/2026/0042"
    assert "Anna Nowak: Drukarka &lt;b&gt;, 123,45 zł" in real["html"]
    assert real["subject"] == f"Nr {repair.number}"
    found = visit("operator").get(f"{path}/records", query="drukarka nowak").json
    assert found == [[repair.id, f"{repair.number} · Drukarka <b> · Anna Nowak"]]


def test_a_preview_of_a_text_counts_it(visit: Visit) -> None:
    code, told = ask(visit, TEXT, body="Zgłoszenie <%= ticket.number %>", strip_letters="yes")
    assert code == 200 and isinstance(told, dict)
    assert told["text"] == "Zgloszenie Z/2026/0017" and told["parts"] == 1
    _code, with_letters = ask(visit, TEXT, body="ż" * 71)
    assert isinstance(with_letters, dict) and with_letters["parts"] == 2


def test_a_preview_of_a_broken_text_says_what_is_wrong(visit: Visit) -> None:
    code, told = ask(visit, MAIL, body="<p><%= nobody.name %></p>", subject="x")
    assert code == 409 and "nobody" in str(told)


def test_a_service_template_that_promotes_says_so_on_its_card(visit: Visit, stored: Session) -> None:
    stored.add(
        MessageTemplate(name="Lato", channel=Channel.SMS, purpose="service", subject="", body="Rabat 10%")
    )
    stored.commit()
    assert "reads like marketing" in visit("viewer").get("/admin/message_template/details/?id=1").text
