"""Wall-clock times in Warsaw, through both changes of the clocks."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.local_time import WARSAW, ClockSkipsIt, InThePast, NotAMoment, from_iso, from_wall_clock

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wall", "moment"),
    [
        ("2026-02-01T09:30", datetime(2026, 2, 1, 8, 30, tzinfo=UTC)),
        ("2026-07-01T09:30", datetime(2026, 7, 1, 7, 30, tzinfo=UTC)),
        ("2026-10-25T02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
    ids=["winter", "summer", "the first of two"],
)
def test_a_time_on_the_wall_is_a_moment_in_warsaw(wall: str, moment: datetime) -> None:
    assert from_wall_clock(wall, now=NOW) == moment


def test_an_hour_the_clocks_leave_out_is_refused() -> None:
    with pytest.raises(ClockSkipsIt) as refusal:
        from_wall_clock("2026-03-29T02:30", now=NOW)
    assert refusal.value.parameters == {"date": "29.03.2026", "time": "02:30"}


@pytest.mark.parametrize(
    "text", ["", "?", "jutro", "2026-13-01T10:00", "2026-02-01T09:30+01:00", "0001-01-01T00:00"]
)
def test_what_is_no_local_time_is_refused(text: str) -> None:
    with pytest.raises(NotAMoment):
        from_wall_clock(text, now=NOW)


def test_a_time_gone_by_is_refused_and_so_is_this_very_moment() -> None:
    with pytest.raises(InThePast):
        from_wall_clock("2025-12-31T23:59", now=NOW)
    with pytest.raises(InThePast):
        from_wall_clock("2026-01-01T01:00", now=NOW)


def test_an_offset_is_taken_at_its_word_and_a_time_without_one_is_read_in_warsaw() -> None:
    assert from_iso("2026-03-29T02:30+00:00", now=NOW) == datetime(2026, 3, 29, 2, 30, tzinfo=UTC)
    assert from_iso("2026-07-01T09:30", now=NOW) == datetime(2026, 7, 1, 7, 30, tzinfo=UTC)
    with pytest.raises(ClockSkipsIt):
        from_iso("2026-03-29T02:30", now=NOW)
    with pytest.raises(InThePast):
        from_iso("2026-01-01T01:00+01:00", now=NOW)
    with pytest.raises(NotAMoment):
        from_iso("9999-12-31T23:59-05:00", now=NOW)


@given(st.datetimes(min_value=datetime(2026, 1, 2), max_value=datetime(2040, 1, 1)))  # noqa: DTZ001
def test_whatever_is_accepted_reads_the_same_on_a_clock_in_warsaw(wall: datetime) -> None:
    try:
        moment = from_wall_clock(wall.isoformat(), now=NOW)
    except ClockSkipsIt:
        return
    assert moment.astimezone(WARSAW).replace(tzinfo=None) == wall
