"""Days on which a deadline in Poland may end: no Saturday and no statutory holiday."""

from datetime import date, timedelta

_FIXED = frozenset({(1, 1), (1, 6), (5, 1), (5, 3), (8, 15), (11, 1), (11, 11), (12, 24), (12, 25), (12, 26)})
"""(month, day), of the Act of 18 January 1951 on days off work; Christmas Eve since 2025."""

_AFTER_EASTER = (0, 1, 49, 60)
"""Days from Easter Sunday: itself, Monday, Whit Sunday, Corpus Christi."""

_SATURDAY = 5


def is_working_day(day: date) -> bool:
    """Whether a deadline may end on that day (art. 12 § 5 of the Tax Ordinance)."""
    if day.weekday() >= _SATURDAY or (day.month, day.day) in _FIXED:
        return False
    return (day - easter(day.year)).days not in _AFTER_EASTER


def next_working_day(day: date) -> date:
    """The first working day after ``day``."""
    after = day + timedelta(days=1)
    while not is_working_day(after):
        after += timedelta(days=1)
    return after


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous algorithm, Nature 1876)."""
    golden = year % 19
    century, of_century = divmod(year, 100)
    leap_centuries, rest = divmod(century, 4)
    moon = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap_centuries - moon + 15) % 30
    leap_years, odd = divmod(of_century, 4)
    weekday = (32 + 2 * rest + 2 * leap_years - epact - odd) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)
