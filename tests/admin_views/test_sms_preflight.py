"""The pre-flight report of an SMS: who is kept out, what is corrected in it, the quote, and the send."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from domain.channel import Channel
from domain.delivery import CampaignStatus
from models.audit import AuditEntry
from models.campaign import Campaign
from models.client import Client, PhoneNumber
from models.consent import ConsentDefinition, ConsentEvent
from models.ledger import Hold
from models.message import Message
from models.price_list import SmsPrice
from models.sms_account import SmsAccount
from tests import factories as make
from tests.admin_views.composing import ask
from tests.admin_views.conftest import Visitor
from tests.sms_campaigns import NUMBERS, make_sms_draft, make_texted
from tests.sms_scene import PRICE

Visit = Callable[[str], Visitor]
REASONS = ["missing_phone", "not_polish_mobile", "blocked_phone", "opted_out", "no_sms_consent"]


@pytest.fixture
def draft(stored: Session) -> Campaign:
    """Two clients who may be texted and one for each of three reasons who may not."""
    made = make_sms_draft(stored)
    definition = stored.scalars(sa.select(ConsentDefinition)).one()
    for name, number, consent in (
        ("Bez Numeru", None, definition),
        ("Na Stałe", "22 621 00 00", definition),
        ("Bez Zgody", NUMBERS[7], None),
    ):
        first, last = name.split()
        client = make_texted(stored, consent, number, first_name=first, last_name=last)
        make.make_contract(stored, made.investment, client)
    stored.commit()
    return made


def client_named(stored: Session, name: str) -> Client:
    return stored.scalars(sa.select(Client).where(Client.name == name)).one()


def report(person: Visitor, draft: Campaign) -> str:
    answer = ask(person, f"preflight/{draft.id}")
    assert answer.status_code == 200, answer.text
    return answer.text


def send(person: Visitor, draft: Campaign, **body: Any) -> TestResponse:
    """Ask to send what a report shows now."""
    page = report(person, draft)
    version, look, recipients, cost = (
        re.search(rf'data-{name}="([^"]*)"', page) for name in ("version", "look", "recipients", "cost")
    )
    assert version and look and recipients and cost
    told: dict[str, Any] = {
        "version": unescape(version[1]),
        "look": look[1],
        "expected": int(recipients[1]),
        "cost": int(cost[1]),
        "skip_errors": True,
    }
    return ask(person, f"send/{draft.id}", **told | body)


def account_of(stored: Session) -> SmsAccount:
    stored.expire_all()
    return stored.scalars(sa.select(SmsAccount)).one()


def set_available(stored: Session, units: int) -> None:
    account_of(stored).balance = units
    stored.commit()


def messages(stored: Session) -> int:
    return stored.scalar(sa.select(sa.func.count(Message.id))) or 0


# --- the report ---


def test_the_report_counts_every_kind_and_sends_nothing(
    visit: Visit, stored: Session, draft: Campaign
) -> None:
    page = report(visit("operator"), draft)
    assert [part.split('"')[0] for part in page.split('data-kind="')[1:]] == REASONS
    assert 'data-recipients="2" data-skipped="3" data-errors="3"' in page
    assert "SMS messages turned off in the client" in page and "E-mail messages turned off" not in page
    assert messages(stored) == 0


def test_the_rows_of_each_kind_offer_what_can_be_done(visit: Visit, draft: Campaign) -> None:
    person = visit("operator")
    rows = {reason: person.get(f"/admin/campaign/failing/{draft.id}/{reason}").text for reason in REASONS}
    assert "Enter a number" in rows["missing_phone"] and "Bez Numeru" in rows["missing_phone"]
    assert "Correct the number" in rows["not_polish_mobile"] and "22 621 00 00" in rows["not_polish_mobile"]
    assert "Record a consent" in rows["no_sms_consent"]
    assert person.get(f"/admin/campaign/failing/{draft.id}/missing_email").status_code == 404


def test_the_quote_says_what_it_costs_with_and_without_polish_letters(
    visit: Visit, stored: Session, draft: Campaign
) -> None:
    draft.body = "{first_name}: " + "ą" * 100
    stored.commit()
    set_available(stored, 50_000)
    page = report(visit("operator"), draft)
    assert f'data-cost="{4 * PRICE}"' in page
    shown = re.findall(r'class="num">([^<]*)<', page)
    assert shown[:4] == ["0.6396 PLN", "0.3198 PLN", "PLN5.00", "4.3604 PLN"]
    assert "for 2 messages, 4 SMS parts" in page and "Every message makes 2 SMS parts." in page


def test_the_quote_shows_how_many_parts_the_messages_make(
    visit: Visit, stored: Session, draft: Campaign
) -> None:
    draft.body = "<% if (client.first_name === 'Jan') { %>" + "x" * 161 + "<% } else { %>x<% } %>"
    stored.commit()
    page = report(visit("operator"), draft)
    assert re.findall(r'<progress class="bar" value="(\d+)"', page) == ["1", "1"]
    assert f'data-cost="{3 * PRICE}"' in page


def test_too_little_money_is_said_with_the_way_to_top_up(
    visit: Visit, stored: Session, draft: Campaign
) -> None:
    set_available(stored, PRICE)
    page = report(visit("administrator"), draft)
    assert "data-lacking" in page and "0.3198 PLN is needed, 0.1599 PLN is available" in page
    assert "/admin/payment/top-up/" in page
    page = report(visit("operator"), draft)
    assert "data-lacking" in page and "/admin/payment/top-up/" not in page
    answer = send(visit("operator"), draft)
    assert answer.status_code == 409 and "There is not enough money on the SMS account" in answer.text
    assert messages(stored) == 0


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("a" * 1378, "The text makes 10 SMS parts; at most 9"),
        ("<% if (client.first_name === 'x') { %>x<% } %>", "is empty."),
        ("<% client.nothing.here %>", ""),
        ("<% if (client.first_name === 'Ewa') { client.nothing.here } %>x", ""),
    ],
)
def test_a_text_that_cannot_be_priced_is_said_and_not_sent(
    visit: Visit, stored: Session, draft: Campaign, body: str, sentence: str
) -> None:
    draft.body = body
    stored.commit()
    person = visit("operator")
    for path in (f"preflight/{draft.id}", f"send/{draft.id}"):
        answer = ask(person, path, version=draft.updated_at.isoformat() + " ", skip_errors=True)
        assert answer.status_code == 409 and sentence in answer.text
        assert answer.headers["X-Field"] == "body"
    assert messages(stored) == 0


def test_no_price_and_no_account_to_send_from_are_said(
    visit: Visit, stored: Session, draft: Campaign
) -> None:
    person = visit("operator")
    account_of(stored).is_active = False
    stored.commit()
    assert "switched off" in ask(person, f"preflight/{draft.id}").text
    account_of(stored).is_active = True
    stored.execute(sa.delete(SmsPrice))
    stored.commit()
    assert "no price in force" in ask(person, f"preflight/{draft.id}").text


# --- corrected in place ---


def test_a_number_entered_in_a_row_brings_the_client_and_the_quote_in(
    visit: Visit, stored: Session, draft: Campaign
) -> None:
    person, nobody = visit("operator"), client_named(stored, "Bez Numeru")
    told = ask(person, f"fix-address/{draft.id}/{nobody.id}", address="600 100 300").get_json()
    assert (told["recipients"], told["skipped"], told["still"]) == (1, -1, "")
    assert told["errors"]["missing_phone"] == -1
    quote = person.get(f"/admin/campaign/quote/{draft.id}").text
    assert f'data-cost="{3 * PRICE}"' in quote
    assert stored.scalar(sa.select(AuditEntry.action)) == "fix_phone"


def test_a_landline_stays_beside_the_mobile_number(visit: Visit, stored: Session, draft: Campaign) -> None:
    client = client_named(stored, "Na Stałe")
    told = ask(visit("operator"), f"fix-address/{draft.id}/{client.id}", address="600100300").get_json()
    assert told["recipients"] == 1
    rows = stored.execute(
        sa.select(PhoneNumber.number, PhoneNumber.is_primary).where(PhoneNumber.client_id == client.id)
    )
    assert sorted(map(tuple, rows)) == [("22 621 00 00", False), ("600100300", True)]


@pytest.mark.parametrize("number", ["", "22 621 00 00", "+49 151 23456789", "6001003", "x" * 500])
def test_a_number_that_no_sms_reaches_is_refused(
    visit: Visit, stored: Session, draft: Campaign, number: str
) -> None:
    client = client_named(stored, "Bez Numeru")
    answer = ask(visit("operator"), f"fix-address/{draft.id}/{client.id}", address=number)
    assert answer.status_code == 409 and "is not a Polish mobile number." in answer.text
    assert stored.scalar(sa.select(sa.func.count()).where(PhoneNumber.client_id == client.id)) == 0


def test_a_consent_to_sms_is_recorded_with_its_source(visit: Visit, stored: Session, draft: Campaign) -> None:
    silent = client_named(stored, "Bez Zgody")
    wanted = stored.scalars(sa.select(ConsentDefinition)).one()
    to_mail = make.make_definition(stored)
    stored.commit()
    person, path = visit("operator"), f"grant-consent/{draft.id}/{silent.id}"
    given = {"method": "paper", "source": "segregator 7"}
    refused = ask(person, path, definition=str(to_mail.id), **given)
    assert (refused.status_code, refused.text) == (409, "Choose one of the active consents to SMS messages.")
    told = ask(person, path, definition=str(wanted.id), **given).get_json()
    assert told["recipients"] == 1 and told["errors"]["no_sms_consent"] == -1
    event = stored.scalars(sa.select(ConsentEvent).where(ConsentEvent.client_id == silent.id)).one()
    assert (event.source, event.definition.channel) == ("segregator 7", Channel.SMS)


# --- the send ---


def test_sending_holds_what_was_quoted(visit: Visit, stored: Session, draft: Campaign) -> None:
    answer = send(visit("operator"), draft)
    assert answer.status_code == 200, answer.text
    stored.expire_all()
    assert draft.status == CampaignStatus.SENDING and messages(stored) == 2
    assert stored.scalar(sa.select(Hold.amount)) == 2 * PRICE == account_of(stored).held


@pytest.mark.parametrize("cost", [2 * PRICE - 1, 0, None, "x"])
def test_what_costs_more_than_the_person_saw_is_shown_again(
    visit: Visit, stored: Session, draft: Campaign, cost: object
) -> None:
    answer = send(visit("operator"), draft, cost=cost)
    assert answer.status_code == 409 and answer.mimetype == "text/html"
    assert "The texts now cost 0.3198 PLN" in unescape(answer.text) and "data-quote-facts" in answer.text
    assert messages(stored) == 0 and account_of(stored).held == 0


def test_a_mail_has_no_quote(visit: Visit, stored: Session, draft: Campaign) -> None:
    mail = make.make_draft(stored, draft.investment)
    stored.commit()
    assert visit("operator").get(f"/admin/campaign/quote/{mail.id}").status_code == 404
