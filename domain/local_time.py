"""Wall-clock times as an office in Poland writes them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from domain.errors import DomainError

WARSAW = ZoneInfo("Europe/Warsaw")


class NotAMoment(DomainError):
    message = "Enter a date and a time."


class ClockSkipsIt(DomainError):
    message = "There is no %(time)s on %(date)s: the clocks go forward that night. Choose another time."


class InThePast(DomainError):
    message = "%(date)s %(time)s has already passed. Choose a later time."


def from_wall_clock(text: str, *, now: datetime) -> datetime:
    """The moment (UTC) of an ISO 8601 local time without an offset, read in Warsaw, later than ``now``.

    An hour that comes twice, when the clocks go back, means its first coming. Raises NotAMoment,
    ClockSkipsIt for an hour that the clocks leave out, and InThePast.
    """
    try:
        wall = datetime.fromisoformat(text)
    except ValueError as error:
        raise NotAMoment from error
    if wall.tzinfo is not None:
        raise NotAMoment
    moment = wall.replace(tzinfo=WARSAW, fold=0).astimezone(UTC)
    said = {"date": f"{wall:%d.%m.%Y}", "time": f"{wall:%H:%M}"}
    if moment.astimezone(WARSAW).replace(tzinfo=None) != wall:
        raise ClockSkipsIt(**said)
    if moment <= now:
        raise InThePast(**said)
    return moment
