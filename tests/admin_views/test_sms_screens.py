"""The screens that set up how texts leave: the gateways and the SMS settings."""

import re
from collections.abc import Callable
from datetime import datetime
from html import unescape

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.channel import Channel
from models.audit import AuditDetail, AuditEntry
from models.sms_account import SmsAccount
from models.sms_gateway import GatewayKind, SmsGateway
from services.sms_settings import SmsSettings, sms_settings
from tests import factories as make
from tests.admin_views.conftest import Visitor

Visit = Callable[[str], Visitor]
GATEWAY = {
    "name": "SMSAPI",
    "kind": "smsapi",
    "priority": "10",
    "address": "https://api.smsapi.pl",
    "username": "",
    "new_password": "a-token-of-theirs",
    "allowed_addresses": "89.174.81.98, 10.1.0.0/16",
    "is_active": "y",
}
SETTINGS = {
    "sender": "Nadrzecze",
    "is_active": "y",
    "per_minute": "60",
    "per_hour": "",
    "per_day": "2000",
    "low_balance": "50.00",
    "footer": "Nadrzecze",
    "most_parts": "3",
}


@pytest.fixture
def gateway(panel: Flask, visit: Visit, stored: Session) -> SmsGateway:
    assert visit("administrator").post("/admin/sms_gateway/new/", **GATEWAY).status_code == 302
    return stored.scalars(sa.select(SmsGateway)).one()


# --- who ---


@pytest.mark.parametrize(("role", "code"), [("administrator", 200), ("operator", 403), ("accountant", 403)])
def test_gateways_and_settings_are_for_administrators(visit: Visit, role: str, code: int) -> None:
    person = visit(role)
    assert [person.get(f"/admin/{page}/").status_code for page in ("sms_gateway", "smssettings")] == [
        code
    ] * 2


# --- gateways ---


def test_a_gateway_gets_an_address_of_its_own_to_report_to(visit: Visit, gateway: SmsGateway) -> None:
    assert gateway.allowed_addresses == "89.174.81.98/32, 10.1.0.0/16"
    page = unescape(visit("administrator").get(f"/admin/sms_gateway/details/?id={gateway.id}").text)
    secrets = re.findall(r"http://localhost:5000/sms/([\w-]{43})/(report|incoming)", page)
    assert secrets == [(gateway.callback_secret, "report"), (gateway.callback_secret, "incoming")]


def test_a_token_is_never_shown_and_kept_when_left_empty(
    visit: Visit, stored: Session, gateway: SmsGateway
) -> None:
    person, secret = visit("administrator"), gateway.callback_secret
    where = f"/admin/sms_gateway/edit/?id={gateway.id}"
    pages = person.get(where).text + person.get(f"/admin/sms_gateway/details/?id={gateway.id}").text
    assert "a-token-of-theirs" not in pages
    gateway.failures_in_a_row, gateway.held_until = 3, make.LONG_AGO
    stored.commit()
    assert person.post(where, **{**GATEWAY, "new_password": "", "name": "Inna"}).status_code == 302
    stored.refresh(gateway)
    assert (gateway.name, gateway.password, gateway.callback_secret) == ("Inna", "a-token-of-theirs", secret)
    assert (gateway.failures_in_a_row, gateway.held_until) == (0, None)


def test_the_audit_holds_neither_the_token_nor_the_secret_address(
    stored: Session, gateway: SmsGateway
) -> None:
    written = str(stored.scalars(sa.select(AuditDetail.values)).all())
    assert "callback_secret" in written
    assert gateway.callback_secret not in written and "a-token-of-theirs" not in written


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"allowed_addresses": "smsapi.pl"}, "is no network"),
        ({"address": "ftp://api.smsapi.pl"}, "Like https://api.smsapi.pl"),
        *(
            ({"address": address}, "Like https://api.smsapi.pl")
            for address in (
                "http:///x",
                "http://a:99999",
                "http://a:0",
                "http://a:b",
                "http://[::1",
                "http://a b",
            )
        ),
        ({"kind": "sandbox"}, "Not a valid choice"),
        ({"kind": "smpp"}, "Enter the system id"),
        ({"priority": "-1"}, "between 0 and 1000"),
        ({"new_password": ""}, "Enter the access token"),
        ({"kind": "kannel"}, "of a sendsms-user"),
        ({"address": ""}, "Give the gateway&#39;s address"),
    ],
)
def test_a_gateway_that_could_not_send_is_refused(
    visit: Visit, stored: Session, changed: dict[str, str], said: str
) -> None:
    answer = visit("administrator").post("/admin/sms_gateway/new/", **{**GATEWAY, **changed})
    assert said in answer.text and stored.scalar(sa.select(sa.func.count(SmsGateway.id))) == 0


def test_a_kannel_of_ones_own_is_taken(visit: Visit, stored: Session) -> None:
    typed = {**GATEWAY, "kind": "kannel", "address": "http://127.0.0.1:13013/", "username": "goniec"}
    visit("administrator").post("/admin/sms_gateway/new/", **typed)
    gateway = stored.scalars(sa.select(SmsGateway)).one()
    assert (gateway.kind, gateway.address) == (GatewayKind.KANNEL, "http://127.0.0.1:13013")


SMPP = {"kind": "smpp", "address": "smpp://smsc.example:2775", "username": "goniec", "new_password": "secret"}


def test_an_smsc_is_taken_and_needs_no_callbacks(visit: Visit, stored: Session) -> None:
    person = visit("administrator")
    assert person.post("/admin/sms_gateway/new/", **(GATEWAY | SMPP)).status_code == 302
    row = stored.scalars(sa.select(SmsGateway)).one()
    assert row.callback_secret not in person.get(f"/admin/sms_gateway/details/?id={row.id}").text


@pytest.mark.parametrize(
    "change",
    [
        {"address": "https://smsc.example"},
        {"username": ""},
        {"username": "x" * 16},
        {"new_password": "ninechars"},
        {"kind": "smsapi"},
    ],
)
def test_an_smsc_that_nobody_could_bind_to_is_refused(
    visit: Visit, stored: Session, change: dict[str, str]
) -> None:
    visit("administrator").post("/admin/sms_gateway/new/", **(GATEWAY | SMPP | change))
    assert stored.scalar(sa.select(sa.func.count()).select_from(SmsGateway)) == 0


def test_kannel_is_told_what_its_get_url_needs(visit: Visit, stored: Session) -> None:
    kannel = {"kind": "kannel", "address": "http://127.0.0.1:13013", "username": "goniec"}
    person = visit("administrator")
    person.post("/admin/sms_gateway/new/", **(GATEWAY | kannel))
    row = stored.scalars(sa.select(SmsGateway)).one()
    page = unescape(person.get(f"/admin/sms_gateway/details/?id={row.id}").text)
    assert f"/sms/{row.callback_secret}/incoming?id=%I&from=%p&to=%P&text=%b&charset=%C&at=%T" in page
    assert f"/sms/{row.callback_secret}/report" not in page


def test_trial_phones_are_offered_to_nobody_but_a_demo(visit: Visit, stored: Session) -> None:
    page = visit("administrator").get("/admin/sms_gateway/new/").text
    assert "Trial phones" not in page and 'value="https://api.smsapi.pl"' in page


def test_a_gateway_that_has_been_used_is_kept(visit: Visit, stored: Session, gateway: SmsGateway) -> None:
    message = make.make_message(stored, channel=Channel.SMS, gateway_id=gateway.id)
    stored.commit()
    person = visit("administrator")
    person.post("/admin/sms_gateway/delete/", id=str(gateway.id))
    assert "Switch it off instead." in person.sentences()[-1]
    stored.delete(message)
    stored.commit()
    person.post("/admin/sms_gateway/delete/", id=str(gateway.id))
    assert stored.scalar(sa.select(sa.func.count(SmsGateway.id))) == 0


@pytest.mark.parametrize("held_until", [None, make.LONG_AGO])
def test_a_failure_is_said_in_words_until_somebody_sees_to_it(
    visit: Visit, stored: Session, gateway: SmsGateway, held_until: datetime | None
) -> None:
    said = "The gateway did not take the log-in."
    gateway.kind, gateway.held_until, gateway.last_failure = GatewayKind.SMSAPI, held_until, said
    stored.commit()
    person = visit("administrator")
    card = f"/admin/sms_gateway/details/?id={gateway.id}"
    assert said in person.get("/admin/sms_gateway/").text and said in person.get(card).text
    assert person.post(f"/admin/sms_gateway/edit/?id={gateway.id}", **GATEWAY).status_code == 302
    assert said not in person.get("/admin/sms_gateway/").text and said not in person.get(card).text


# --- settings ---


def test_settings_are_kept_and_audited(visit: Visit, stored: Session) -> None:
    assert visit("administrator").post("/admin/smssettings/", **SETTINGS).status_code == 302
    account = stored.scalars(sa.select(SmsAccount)).one()
    assert (account.sender, account.is_active, account.low_balance) == ("Nadrzecze", True, 500_000)
    assert (account.per_minute, account.per_hour, account.per_day) == (60, None, 2_000)
    assert sms_settings(stored) == SmsSettings("Nadrzecze", strip_letters=False, most_parts=3)
    assert "sms_account" in set(stored.scalars(sa.select(AuditEntry.entity)))
    page = visit("administrator").get("/admin/smssettings/").text
    assert 'value="Nadrzecze"' in page and 'value="50.00"' in page


def test_an_amount_is_written_with_a_comma_too(visit: Visit, stored: Session) -> None:
    visit("administrator").post("/admin/smssettings/", **{**SETTINGS, "low_balance": " 12,50"})
    assert stored.scalars(sa.select(SmsAccount)).one().low_balance == 125_000


def test_a_text_can_be_switched_off_and_written_plainly(visit: Visit, stored: Session) -> None:
    typed = {name: value for name, value in SETTINGS.items() if name != "is_active"}
    visit("administrator").post("/admin/smssettings/", **typed, strip_letters="y")
    assert not stored.scalars(sa.select(SmsAccount)).one().is_active
    assert sms_settings(stored).strip_letters


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"sender": "Łąka"}, "without Polish letters"),
        ({"sender": "Nadrzecze Development"}, "at most 11 characters"),
        ({"sender": "600100200"}, "begins with a plus"),
        ({"per_minute": "0"}, "between 1 and"),
        ({"low_balance": "100000.01"}, "between 0 and"),
        *(
            ({"low_balance": typed}, "is not an amount of money")
            for typed in ("-1", "x", "1e30", "Infinity", "sNaN", "9" * 5000, "1_0", "٢")
        ),
        ({"low_balance": "1.001"}, "at most two decimals"),
        ({"footer": "<% if ("}, "Line 1"),
        ({"footer": "<% while (true) {} %>"}, "ran longer than 1.0 s"),
        ({"footer": "<%= nope.name %>"}, "nope is not defined"),
        ({"footer": "x" * 161}, "160"),
        ({"most_parts": "10"}, "between 1 and 9"),
    ],
)
def test_settings_that_no_text_could_follow_are_refused(
    visit: Visit, stored: Session, changed: dict[str, str], said: str
) -> None:
    answer = visit("administrator").post("/admin/smssettings/", **{**SETTINGS, **changed})
    assert answer.status_code == 409 and said in answer.text
    assert stored.scalars(sa.select(SmsAccount)).one().sender == ""


def test_a_number_can_be_the_sender(visit: Visit, stored: Session) -> None:
    visit("administrator").post("/admin/smssettings/", **{**SETTINGS, "sender": "+48600100200"})
    assert stored.scalars(sa.select(SmsAccount)).one().sender == "+48600100200"
