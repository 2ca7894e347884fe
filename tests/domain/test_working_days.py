"""Deadlines end on working days, and an invoice issued offline is sent by the next one."""

from datetime import date

import pytest

from domain.ksef import Verdict, offline_deadline, verdict_of
from domain.working_days import easter, is_working_day, next_working_day


@pytest.mark.parametrize(
    ("issued", "last"),
    [
        (date(2026, 11, 19), date(2026, 11, 20)),  # Thursday
        (date(2026, 11, 20), date(2026, 11, 23)),  # Friday
        (date(2026, 11, 10), date(2026, 11, 12)),  # before Independence Day
        (date(2026, 4, 3), date(2026, 4, 7)),  # Good Friday
        (date(2026, 6, 3), date(2026, 6, 5)),  # before Corpus Christi
        (date(2026, 12, 23), date(2026, 12, 28)),  # Christmas Eve is one since 2025
        (date(2026, 12, 31), date(2027, 1, 4)),
    ],
)
def test_the_day_after_the_day_of_issue_unless_nobody_works(issued: date, last: date) -> None:
    assert offline_deadline(issued) == last == next_working_day(issued)


def test_easter_is_where_the_church_has_it() -> None:
    assert [easter(year) for year in (2025, 2026, 2027, 2038)] == [
        date(2025, 4, 20), date(2026, 4, 5), date(2027, 3, 28), date(2038, 4, 25),
    ]  # fmt: skip
    assert not is_working_day(date(2026, 5, 24)) and is_working_day(date(2026, 5, 25))


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (100, "pending"),
        (150, "pending"),
        (200, "accepted"),
        (440, "duplicate"),
        (550, "again"),
        (450, "refused"),
        (999, "refused"),
    ],
)
def test_a_code_means_one_thing(code: int, verdict: str) -> None:
    assert verdict_of(code) is Verdict(verdict)
