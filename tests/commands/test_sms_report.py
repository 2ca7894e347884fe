"""``flask sms-report`` and ``flask reports verify``."""

import csv
from datetime import date

import pytest
import sqlalchemy as sa
from flask import Flask

from domain.channel import Channel
from domain.events import EventKind
from models import db
from models.sms_day import SmsDay
from tests import factories as make
from tests.commands.conftest import Run
from tests.sms_scene import charge_text, make_rich

MARCH = ("--from", "2026-03-01", "--to", "2026-03-31")


@pytest.fixture
def spring(application: Flask) -> None:
    """Three texts of two campaigns with one title, one of an event, and one in April."""
    with application.app_context():
        session = db.session()
        make_rich(session)
        investment = make.make_investment(session)
        first, second = (make.make_campaign(session, investment) for _ in range(2))
        other = make.make_campaign(session, investment, channel=Channel.SMS)
        other.body = "=Klucze są gotowe do odbioru"
        for campaign in (first, first, second, other):
            charge_text(session, date(2026, 3, 1), campaign=campaign)
        charge_text(session, date(2026, 3, 31), told=EventKind.REPAIR_READY, parts=2, sender="48500")
        charge_text(session, date(2026, 4, 1))
        session.commit()


def test_the_report_adds_up_days_with_money_to_four_decimals(run: Run, spring: None) -> None:
    assert run("sms-report", *MARCH, "--json").data == {
        "from": "2026-03-01",
        "to": "2026-03-31",
        "by": "day",
        "rows": [
            {"key": "2026-03-01", "messages": 4, "parts": 4, "cost": "0.6396"},
            {"key": "2026-03-31", "messages": 1, "parts": 2, "cost": "0.3198"},
        ],
        "total": {"messages": 5, "parts": 6, "cost": "0.9594"},
    }
    assert run("sms-report", *MARCH, "--format", "json").out == run("sms-report", *MARCH, "--json").out


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        ("month", ["2026-03"]),
        ("sender", ["48500", "Nadrzecze"]),
        (
            "event",
            ["repair_ready", "Dzień dobry (#1)", "Dzień dobry (#2)", "=Klucze są gotowe do odbioru"],
        ),
    ],
)
def test_the_report_adds_up_by_what_is_asked(run: Run, spring: None, by: str, keys: list[str]) -> None:
    data = run("sms-report", *MARCH, "--by", by, "--json").data
    assert sorted(row["key"] for row in data["rows"]) == sorted(keys)
    assert data["total"]["cost"] == "0.9594"


def test_a_spreadsheet_gets_semicolons_and_no_formula(run: Run, spring: None) -> None:
    text = run("sms-report", *MARCH, "--by", "event").out
    rows = list(csv.reader(text.splitlines(), delimiter=";"))
    assert rows[0] == ["key", "messages", "parts", "cost"]
    assert ["'=Klucze są gotowe do odbioru", "1", "1", "0.1599"] in rows
    assert len(rows) == 5


def test_a_campaign_is_called_what_the_panel_calls_it(application: Flask, run: Run) -> None:
    with application.app_context():
        session = db.session()
        make_rich(session)
        campaign = make.make_campaign(session, make.make_investment(session), channel=Channel.SMS)
        campaign.body = "{client_first_name}, klucze są gotowe <% if (1) { %>"
        charge_text(session, date(2026, 3, 1), campaign=campaign)
        session.commit()
    [row] = run("sms-report", *MARCH, "--by", "event", "--json").data["rows"]
    assert row["key"] == "[Client: first name], klucze są gotowe …"


def test_a_period_without_texts_is_an_empty_report(run: Run) -> None:
    data = run("sms-report", *MARCH, "--json").data
    assert (data["rows"], data["total"]) == ([], {"messages": 0, "parts": 0, "cost": "0.0000"})
    assert run("sms-report", *MARCH).out == "key;messages;parts;cost\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "2026-03-32", "--to", "2026-04-01"), "'2026-03-32' does not match"),
        (("--from", "yesterday", "--to", "2026-04-01"), "'yesterday' does not match"),
        (("--from", "2026-04-02", "--to", "2026-04-01"), "ends (2026-04-01) before it begins"),
        (("--to", "2026-04-01"), "Missing option '--from'"),
        ((*MARCH, "--by", "week"), "'week' is not one of"),
        ((*MARCH, "--format", "xml"), "'xml' is not one of"),
    ],
)
def test_what_is_no_period_is_refused_in_one_line(run: Run, arguments: tuple[str, ...], said: str) -> None:
    ran = run("sms-report", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err and ran.err.strip().count("\n") == 0


def test_reports_that_agree_are_said_to_be_in_order(run: Run, spring: None) -> None:
    ran = run("reports", "verify", "--json")
    assert (ran.code, ran.data) == (0, {"days": 5, "messages": 6, "cost": "1.1193", "problems": []})
    assert "6 charged messages in 5 daily lines, 1.1193 PLN: in order" in run("reports", "verify").out


def test_a_report_that_says_something_else_is_named_with_exit_code_three(
    run: Run, application: Flask, spring: None
) -> None:
    with application.app_context():
        db.session.execute(sa.update(SmsDay).where(SmsDay.sender == "48500").values(messages=7))
        db.session.commit()
    ran = run("reports", "verify", "--json")
    assert ran.code == 3
    assert ran.data["problems"] == [
        "2026-03-31, account 1, 48500, repair_ready: the roll-up has 7 / 2 / 3198 (messages / parts / cost), "
        "the messages add up to 1 / 2 / 3198"
    ]
    assert "1 problems" in run("reports", "verify").out
