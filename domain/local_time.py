"""Wall-clock times as an office in Poland writes them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.errors import DomainError

WARSAW = ZoneInfo("Europe/Warsaw")
HORIZON = timedelta(days=36525)
"""A year mistyped as 2207 would never come, and one like 9999 has no time in every zone."""


class NotAMoment(DomainError):
    message = "Enter a date and a time."


class ClockSkipsIt(DomainError):
    message = "There is no %(time)s on %(date)s: the clocks go forward that night. Choose another time."


class InThePast(DomainError):
    message = "%(date)s %(time)s has already passed. Choose a later time."


class TooFarAhead(DomainError):
    message = "%(date)s is more than a hundred years away. Choose an earlier date."


def from_wall_clock(text: str, *, now: datetime) -> datetime:
    """The moment (UTC) of an ISO 8601 local time without an offset, read in Warsaw, later than ``now``.

    An hour that comes twice, when the clocks go back, means its first coming. Raises NotAMoment,
    ClockSkipsIt for an hour that the clocks leave out, InThePast and TooFarAhead.
    """
    wall = _parsed(text)
    if wall.tzinfo is not None:
        raise NotAMoment
    moment = _in_utc(wall.replace(tzinfo=WARSAW, fold=0))
    if moment.astimezone(WARSAW).replace(tzinfo=None) != wall:
        raise ClockSkipsIt(**_said(wall))
    return _in_reach(moment, wall, now)


def from_iso(text: str, *, now: datetime) -> datetime:
    """The moment (UTC) of an ISO 8601 date and time, later than ``now``; without an offset, as
    ``from_wall_clock`` reads it. Raises NotAMoment, ClockSkipsIt, InThePast and TooFarAhead.
    """
    given = _parsed(text)
    if given.tzinfo is None:
        return from_wall_clock(text, now=now)
    moment = _in_utc(given)
    return _in_reach(moment, given, now)


def _in_reach(moment: datetime, said: datetime, now: datetime) -> datetime:
    if moment <= now:
        raise InThePast(**_said(said))
    if moment > now + HORIZON:
        raise TooFarAhead(date=f"{said:%d.%m.%Y}")
    return moment


def _parsed(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise NotAMoment from error


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:  # at the two ends of the calendar
        raise NotAMoment from error


def _said(moment: datetime) -> dict[str, str]:
    return {"date": f"{moment:%d.%m.%Y}", "time": f"{moment:%H:%M}"}
