"""The report of sent texts in the panel: who sees it, what it shows, where it leads, what it exports."""

import csv
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from html import unescape
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from admin_views.sms_report_words import bars, month_after
from domain.channel import Channel
from domain.delivery import DeliveryState, Status
from domain.events import EventKind
from domain.local_time import WARSAW
from queries.sms_report import By, Total
from tests import factories as make
from tests.admin_views.conftest import Visitor
from tests.sms_scene import charge_text, make_rich

Visit = Callable[[str], Visitor]
PAGE = "/admin/sms_report/"
MESSAGES = f"{PAGE}messages/"
MARCH = {"from": "2026-03-01", "to": "2026-03-31"}


@pytest.fixture
def spring(panel: Flask, stored: Session) -> None:
    """Texts of a campaign on 1 March and of an event on the 31st, and one in April."""
    make_rich(stored)
    campaign = make.make_campaign(stored, make.make_investment(stored), channel=Channel.SMS)
    campaign.subject = campaign.body = "=Odbiór lokalu"
    anna = make.make_person(stored, "Anna", "=Żółć")
    charge_text(
        stored, date(2026, 3, 1), campaign=campaign, client=anna, delivery_state=DeliveryState.DELIVERED
    )
    charge_text(stored, date(2026, 3, 1), campaign=campaign, address="+48600999888")
    told = EventKind.REPAIR_READY
    charge_text(stored, date(2026, 3, 31), told=told, parts=2, sender="", status=Status.UNCERTAIN)
    charge_text(stored, date(2026, 4, 1))
    stored.commit()


def sums(text: str) -> list[str]:
    """The three numbers over the table."""
    found = re.findall(r"data-(?:messages|parts|cost)>([^<]+)", text)
    return [unescape(number).replace("\xa0", " ") for number in found]


def leads(text: str) -> list[str]:
    """Where the lines of the table lead."""
    found = re.findall(r'<td data-label="[^"]+"><a href="([^"]+line=[^"]*)"', text)
    return [unescape(url) for url in found]


# --- who ---


@pytest.mark.parametrize(
    ("role", "code"), [("administrator", 200), ("accountant", 200), ("operator", 403), ("viewer", 403)]
)
def test_money_is_reported_to_those_who_may_see_reports(visit: Visit, role: str, code: int) -> None:
    person = visit(role)
    pages = (PAGE, f"{PAGE}csv", f"{PAGE}xlsx", MESSAGES, f"{MESSAGES}csv", f"{MESSAGES}xlsx")
    assert [person.get(page).status_code for page in pages] == [code] * 6
    assert ("/admin/sms_report/" in person.get("/admin/").text) is (code == 200)


# --- what ---


def test_the_sums_are_those_of_the_period(visit: Visit, spring: None) -> None:
    person = visit("accountant")
    assert sums(person.get(PAGE, **MARCH).text) == ["3", "4", "0.6396 PLN"]
    assert sums(person.get(PAGE, **{"from": "2026-01-01", "to": "2026-12-31"}).text)[0] == "4"


def test_without_a_period_the_last_thirty_days_are_shown(visit: Visit, spring: None, stored: Session) -> None:
    today = datetime.now(UTC).astimezone(WARSAW).date()
    charge_text(stored, today)
    charge_text(stored, today - timedelta(days=29), parts=3)
    charge_text(stored, today - timedelta(days=30))
    stored.commit()
    assert sums(visit("accountant").get(PAGE).text)[:2] == ["2", "4"]


def test_nothing_charged_says_so(visit: Visit) -> None:
    person = visit("accountant")
    assert "Nothing was charged in this period" in person.get(PAGE).text
    assert "No message here" in person.get(MESSAGES).text


@pytest.mark.parametrize(("by", "lines"), [("day", 2), ("month", 1), ("sender", 2), ("event", 2)])
def test_every_line_leads_to_the_messages_it_adds_up(visit: Visit, spring: None, by: str, lines: int) -> None:
    person = visit("accountant")
    found = leads(person.get(PAGE, **MARCH, by=by).text)
    assert len(found) == lines
    pages = [person.get(url).text for url in found]
    assert sum(int(sums(page)[0]) for page in pages) == 3
    assert sum(page.count("Show the message") for page in pages) == 3


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({"client": "zolc"}, "1"),
        ({"client": "600 999"}, "1"),
        ({"sender": "Nadrzecze"}, "2"),
        ({"sender": "-"}, "1"),
        ({"sender": "nobody"}, "0"),
        ({"event": "repair_ready"}, "1"),
        ({"event": "ticket_done"}, "0"),
        ({"event": "1"}, "2"),
        ({"status": "uncertain"}, "1"),
        ({"status": "delivered"}, "1"),
    ],
)
def test_filters_narrow_the_sums_and_the_messages_alike(
    visit: Visit, spring: None, arguments: dict[str, str], found: str
) -> None:
    person = visit("accountant")
    for page in (PAGE, MESSAGES):
        assert sums(person.get(page, **MARCH, **arguments).text)[0] == found


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"from": "2026-03-01"}, "Enter both days of the period"),
        ({"from": "2026-03-32", "to": "2026-04-01"}, "Enter both days of the period"),
        ({"from": "2026-04-02", "to": "2026-04-01"}, "Enter both days of the period"),
        ({"by": "week"}, "does not understand its address"),
        ({"event": "holiday"}, "does not understand its address"),
        ({"status": "lost"}, "does not understand its address"),
        ({"by": "day", "line": "yesterday"}, "does not understand its address"),
        ({"by": "day", "line": "20260301"}, "does not understand its address"),
        ({"by": "month", "line": "10000-01"}, "does not understand its address"),
        ({"by": "event", "line": "²"}, "does not understand its address"),
        ({"by": "event", "line": "１"}, "does not understand its address"),
        ({"by": "event", "line": "9" * 50}, "does not understand its address"),
        ({"after": "2026-03-01"}, "does not understand its address"),
    ],
)
def test_an_address_that_is_no_report_is_refused(visit: Visit, arguments: dict[str, str], said: str) -> None:
    person = visit("accountant")
    assert person.get(MESSAGES, **arguments).status_code == 302
    assert said in person.sentences(PAGE)[0]


@pytest.mark.parametrize(
    ("by", "line"),
    [
        ("day", "2026-02-28"),
        ("day", "9999-12-31"),
        ("month", "9999-12"),
        ("month", "0001-01"),
        ("month", "2026-04"),
    ],
)
def test_a_line_outside_the_period_has_no_messages(visit: Visit, spring: None, by: str, line: str) -> None:
    person = visit("accountant")
    for page in (MESSAGES, f"{MESSAGES}csv", f"{MESSAGES}xlsx"):
        answer = person.get(page, **MARCH, by=by, line=line)
        assert answer.status_code == 200 and b"Show the message" not in answer.data
    assert "No message here" in person.get(MESSAGES, **MARCH, by=by, line=line).text


def test_pages_follow_one_another_to_the_last_message(visit: Visit, stored: Session, panel: Flask) -> None:
    make_rich(stored)
    for _ in range(101):
        charge_text(stored, date(2026, 3, 1))
    stored.commit()
    person, url, seen = visit("accountant"), f"{MESSAGES}?from=2026-03-01&to=2026-03-31", []
    while url:
        text = person.get(url).text
        seen += re.findall(r"/admin/message/details/\?id=(\d+)", text)
        following = re.search(r'<a href="([^"]+after=[^"]+)">Next page', text)
        url = unescape(following[1]) if following else ""
    assert len(seen) == len(set(seen)) == 101


# --- exports ---


def rows(text: str, delimiter: str = ",") -> list[list[str]]:
    assert text.startswith("\ufeff")
    return list(csv.reader(text.removeprefix("\ufeff").splitlines(), delimiter=delimiter))


def test_the_sums_are_exported_without_a_formula(visit: Visit, spring: None) -> None:
    answer = visit("accountant").get(f"{PAGE}csv", **MARCH, by="event")
    assert answer.headers["Content-Disposition"].endswith("sms-by-event-2026-03-01-2026-03-31.csv")
    assert rows(answer.text) == [
        ["Campaign or event", "Messages", "Parts", "Cost (PLN)"],
        ["Notification: Ready for pick-up or about to be shipped", "1", "2", "0.3198"],
        ["'=Odbiór lokalu", "2", "2", "0.3198"],
    ]


def test_the_messages_are_exported_as_they_are_filtered(visit: Visit, spring: None) -> None:
    answer = visit("accountant").get(f"{MESSAGES}csv", **MARCH, by="day", line="2026-03-01")
    header, last, first = rows(answer.text)
    assert header[0] == "Charged on" and len(header) == 11
    assert first == [
        "2026-03-01", "2026-03-01 12:01:00", "Anna =Żółć",
        "'+48600100200", "Nadrzecze", "'=Odbiór lokalu", "Sent", "Delivered", "1", "0.1599", "0.1599",
    ]  # fmt: skip
    assert last[3] == "'+48600999888"


@pytest.mark.parametrize(("page", "name"), [("xlsx", "sms-by-day"), ("messages/xlsx", "sms-messages")])
def test_both_are_exported_as_workbooks(visit: Visit, spring: None, page: str, name: str) -> None:
    answer = visit("accountant").get(f"{PAGE}{page}", **MARCH)
    assert answer.headers["Content-Disposition"].endswith(f"{name}-2026-03-01-2026-03-31.xlsx")
    sheet = zipfile.ZipFile(BytesIO(answer.data)).read("xl/worksheets/sheet1.xml").decode()
    assert "<v>0.3198</v>" in sheet and "<f>" not in sheet


# --- the chart ---


def test_the_chart_has_a_place_for_every_day_between(spring: None) -> None:
    lines = [Total("2026-02-27", 1, 1, 5), Total("2026-03-02", 1, 1, 7)]
    assert [(bar.key, bar.cost) for bar in bars(By.DAY, lines)] == [
        ("2026-02-27", 5),
        ("2026-02-28", 0),
        ("2026-03-01", 0),
        ("2026-03-02", 7),
    ]
    months = [Total("2025-11", 1, 1, 5), Total("2026-02", 1, 1, 7)]
    assert [bar.key for bar in bars(By.MONTH, months)] == ["2025-11", "2025-12", "2026-01", "2026-02"]
    assert month_after(date(2026, 1, 31)) == date(2026, 2, 1)


def test_the_chart_leaves_gaps_out_of_what_no_screen_could_show() -> None:
    lines = [Total("2020-01-01", 1, 1, 5), Total("2026-01-01", 1, 1, 7)]
    assert bars(By.DAY, lines) == lines
    assert bars(By.DAY, []) == []


def test_the_chart_shows_the_dearest_senders() -> None:
    lines = [Total(f"s{number:02}", 1, 1, number) for number in range(30)]
    assert [bar.key for bar in bars(By.SENDER, lines)] == [f"s{number:02}" for number in range(29, 17, -1)]
