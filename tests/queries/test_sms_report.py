"""The report of sent texts: what it adds up is what was charged, however it is asked."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from domain.delivery import DeliveryState, Status
from domain.events import EventKind
from models import db
from models.ledger import LedgerEntry
from models.message import Message, Origin
from models.sms_day import SmsDay
from queries.reports_check import check_reports
from queries.sms_report import (
    By,
    ReportFilter,
    Total,
    campaigns_behind,
    narrowed,
    senders_of,
    total_of,
    totals,
)
from queries.sms_report_rows import every_text, page_of_texts
from tests import factories as make
from tests.sms_scene import PRICE, charge_again, charge_text, make_rich, refuse_text

MARCH = date(2026, 3, 1)
EVER = ReportFilter(date(2000, 1, 1), date(2100, 1, 1))
YEAR = ReportFilter(date(2026, 1, 1), date(2026, 12, 31))
LATER = datetime(2026, 12, 31, 12, 0, tzinfo=UTC)


@pytest.fixture
def session(database: Flask) -> Iterator[Session]:
    session = db.session()
    make_rich(session)
    yield session
    session.rollback()


def lines(session: Session, by: By, wanted: ReportFilter = YEAR) -> list[tuple[str, int, int, int]]:
    return [(line.key, line.messages, line.parts, line.cost) for line in totals(session, wanted, by)]


@pytest.fixture
def spring(session: Session) -> int:
    """Four texts on three days of two senders, two of them of a campaign; the campaign's number."""
    campaign = make.make_campaign(session, make.make_investment(session))
    anna = make.make_person(session, "Anna", "Żółć")
    charge_text(session, MARCH, parts=2, campaign=campaign, client=anna)
    charge_text(session, MARCH, campaign=campaign, sender="48500", delivery_state=DeliveryState.DELIVERED)
    charge_text(session, date(2026, 3, 31), parts=3, client=anna, address="+48600100999")
    charge_text(session, date(2026, 4, 1), told=EventKind.REPAIR_READY, status=Status.UNCERTAIN)
    session.commit()
    return campaign.id


def test_a_day_a_month_a_sender_and_an_event_have_their_sums(session: Session, spring: int) -> None:
    assert lines(session, By.DAY) == [
        ("2026-03-01", 2, 3, 3 * PRICE),
        ("2026-03-31", 1, 3, 3 * PRICE),
        ("2026-04-01", 1, 1, PRICE),
    ]
    assert lines(session, By.MONTH) == [("2026-03", 3, 6, 6 * PRICE), ("2026-04", 1, 1, PRICE)]
    assert lines(session, By.SENDER) == [("48500", 1, 1, PRICE), ("Nadrzecze", 3, 6, 6 * PRICE)]
    assert lines(session, By.EVENT) == [
        ("manual", 1, 3, 3 * PRICE),
        (str(spring), 2, 3, 3 * PRICE),
        ("repair_ready", 1, 1, PRICE),
    ]
    assert list(campaigns_behind(session, YEAR)) == [str(spring)]
    assert senders_of(session) == ["48500", "Nadrzecze"]


def test_the_first_and_the_last_day_belong_to_the_period(session: Session, spring: int) -> None:
    period = ReportFilter(MARCH, date(2026, 3, 31))
    assert total_of(totals(session, period, By.DAY)) == Total("", 3, 6, 6 * PRICE)
    assert totals(session, ReportFilter(date(2026, 3, 2), date(2026, 3, 30)), By.DAY) == []
    assert total_of([]) == Total("", 0, 0, 0)


@pytest.mark.parametrize(
    ("narrower", "found"),
    [
        ({"sender": "48500"}, 1),
        ({"sender": ""}, 0),
        ({"event": EventKind.REPAIR_READY}, 1),
        ({"event": EventKind.TICKET_DONE}, 0),
        ({"event": EventKind.REPAIR_READY, "status": Status.UNCERTAIN}, 1),
        ({"event": Origin.EVENT}, 0),
        ({"event": Origin.CAMPAIGN}, 0),
        ({"event": 999}, 0),
        ({"client": "żółć anna"}, 2),
        ({"client": "100 999"}, 1),
        ({"client": "%"}, 0),
        ({"status": Status.UNCERTAIN}, 1),
        ({"delivery_state": DeliveryState.DELIVERED}, 1),
        ({"client": "zolc", "sender": "48500"}, 0),
    ],
)
def test_whatever_is_asked_the_sums_are_those_of_the_messages(
    session: Session, spring: int, narrower: dict[str, object], found: int
) -> None:
    wanted = replace(YEAR, **narrower)  # type: ignore[arg-type]
    texts = list(every_text(session, wanted))
    assert len(texts) == found
    for by in By:
        assert total_of(totals(session, wanted, by)).messages == found
        assert total_of(totals(session, wanted, by)).cost == sum(text.cost for text in texts)


def test_a_line_leads_to_its_messages_and_to_no_other(session: Session, spring: int) -> None:
    for by in By:
        for line in totals(session, YEAR, by):
            behind = list(every_text(session, narrowed(YEAR, by, line.key)))
            assert (len(behind), sum(text.cost for text in behind)) == (line.messages, line.cost)


def test_a_month_that_the_period_cuts_is_cut_in_its_messages_too(session: Session, spring: int) -> None:
    period = ReportFilter(date(2026, 3, 15), date(2026, 4, 20))
    march = narrowed(period, By.MONTH, "2026-03")
    assert (march.first, march.last) == (date(2026, 3, 15), date(2026, 3, 31))
    assert narrowed(period, By.MONTH, "2026-04").last == date(2026, 4, 20)


def test_pages_hold_every_message_once_newest_first(session: Session) -> None:
    for place in range(7):
        charge_text(session, MARCH + timedelta(days=place // 3))
    whole = [text.id for text in every_text(session, YEAR)]
    paged: list[int] = []
    after = None
    while page := page_of_texts(session, YEAR, limit=2, after=after):
        paged += [text.id for text in page]
        after = page[-1].place
    assert paged == whole == sorted(whole, reverse=True)


def test_a_text_that_was_refunded_is_in_no_line(session: Session, now: datetime) -> None:
    refuse_text(session, charge_text(session, MARCH), now)
    assert totals(session, YEAR, By.DAY) == [] and list(every_text(session, YEAR)) == []
    assert check_reports(session).problems == ()


# --- the proof ---

TEXTS = st.lists(
    st.tuples(
        st.integers(0, 40),  # day
        st.sampled_from(["Nadrzecze", "48500100200"]),
        st.sampled_from([None, EventKind.TICKET_DONE, EventKind.PAYMENT_DUE, Origin.EVENT, Origin.TEST]),
        st.integers(1, 9),  # parts
        st.integers(1, 20_000),  # price
        st.sampled_from(["sent", "refused", "again"]),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=TEXTS)
def test_report_messages_and_ledger_are_equal_whatever_is_charged_and_refunded(
    session: Session, texts: list[tuple[int, str, Origin | EventKind | None, int, int, str]]
) -> None:
    """An origin of None: of the campaign; an event's kind: its notification."""
    campaign = make.make_campaign(session, make.make_investment(session))
    for offset, sender, origin, parts, price, fate in texts:
        of: dict[str, object] = {"campaign": campaign} if origin is None else {"origin": origin}
        of = {"told": origin} if isinstance(origin, EventKind) else of
        day = MARCH + timedelta(days=offset)
        message = charge_text(session, day, parts=parts, price=price, sender=sender, **of)
        if fate != "sent":
            assert refuse_text(session, message, LATER) == 1
        if fate == "again":
            message.status, message.sent_at = Status.SENT, LATER
            charge_again(session, message, day + timedelta(days=1), parts=parts, price=price, sender=sender)
    session.commit()
    assert check_reports(session).problems == ()
    spent = session.scalar(
        sa.select(-sa.func.sum(LedgerEntry.amount)).where(LedgerEntry.message_id.is_not(None))
    )
    for by in By:
        found = totals(session, EVER, by)
        by_messages = totals(session, replace(EVER, client="+48600"), by)
        assert found == by_messages
        assert total_of(found).cost == int(spent or 0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (sa.update(SmsDay).values(cost=SmsDay.cost + 1), "the roll-up has 1 / 2 / 3199"),
        (sa.update(SmsDay).values(parts=9), "the roll-up has 1 / 9 / 3198"),
        (sa.delete(SmsDay), "the roll-up has 0 / 0 / 0"),
        (sa.update(SmsDay).values(cost=0), "the report comes to 0, the ledger to 3198"),
        (sa.update(Message).values(cost=0), "it costs 0, the ledger's entries for it come to 3198"),
        (sa.update(Message).values(charged_on=None), "charged on None"),
        (sa.update(Message).values(unit_price=1), "3198 is not 2 parts at 1"),
        (sa.update(Message).values(sender="X"), "X, manual: the roll-up has 0 / 0 / 0"),
    ],
)
def test_what_does_not_agree_is_named(session: Session, change: sa.Update, said: str) -> None:
    charge_text(session, MARCH, parts=2)
    assert check_reports(session).problems == ()
    session.execute(change.execution_options(synchronize_session=False))
    problems = check_reports(session).problems
    assert any(said in problem for problem in problems), problems
