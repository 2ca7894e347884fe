"""Filters of the grids, and the strict reading of the filters in a list's address."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask_admin.model.filters import BaseFilter
from flask_babel import gettext, lazy_gettext

from admin_views.labels import label
from admin_views.numbers import record_number
from domain.errors import DomainError
from extensions.babel import TIMEZONE

Criterion = Callable[[Any], sa.ColumnElement[bool]]
Options = Callable[[], list[tuple[str, str]]]
LONGEST_TEXT = 200
FIRST_YEAR, LAST_YEAR = 1900, 2200


class FilterNotUnderstood(DomainError):
    """A filter of the address was dropped or its value refused: acting on the rest would reach more rows."""

    message = "The list does not understand one of its filters, so nothing was done. Set the filters again."


class PanelFilter(BaseFilter):
    """One filter: the address carries ``flt<n>_<key>=<value>``, ``parse`` refuses with ValueError."""

    def __init__(
        self,
        key: str,
        name: Any,
        criterion: Criterion,
        parse: Callable[[str], Any],
        *,
        verb: Any = "",
        options: Options | None = None,
        data_type: str | None = None,
    ) -> None:
        super().__init__(name, options, data_type, key)
        self.key = key
        self._criterion = criterion
        self._parse = parse
        self._verb = verb

    def clean(self, value: str) -> Any:
        return self._parse(value)

    def operation(self) -> Any:
        return self._verb

    def apply(self, query: Any, value: Any, alias: Any = None) -> Any:
        return query.filter(self._criterion(value))


def one_of(key: str, name: Any, column: Any, enum: type[StrEnum]) -> PanelFilter:
    """The column equals one member of an enum."""
    return member_of(key, name, lambda value: column == value, enum)


def member_of(key: str, name: Any, criterion: Criterion, enum: type[StrEnum]) -> PanelFilter:
    """Any condition on one member of an enum."""
    return PanelFilter(
        key,
        name,
        criterion,
        enum,
        options=lambda: [(member.value, str(label(member))) for member in enum],
    )


def one_word(key: str, name: Any, column: Any, words: Mapping[str, Any]) -> PanelFilter:
    """The column equals one identifier of a table that names them."""

    def known(value: str) -> str:
        if value not in words:
            raise ValueError("not in the table")
        return value

    return PanelFilter(
        key,
        name,
        lambda value: column == value,
        known,
        options=lambda: sorted(((word, str(text)) for word, text in words.items()), key=lambda one: one[1]),
    )


def contains(key: str, name: Any, column: Any) -> PanelFilter:
    """The column holds the text, whatever its case."""
    return matching(key, name, lambda text: column.icontains(text, autoescape=True))


def matching(key: str, name: Any, criterion: Criterion) -> PanelFilter:
    """Any condition on a typed text; for related rows use ``.any()``, a join would count rows twice."""
    return PanelFilter(key, name, criterion, _text, verb=lazy_gettext("contains"))


def flag(key: str, name: Any, column: Any) -> PanelFilter:
    """Yes or no; ``column`` may be any condition."""
    return PanelFilter(key, name, lambda yes: column if yes else sa.not_(column), _flag, options=_yes_no)


def chosen(key: str, name: Any, criterion: Callable[[int], Any], options: Options) -> PanelFilter:
    """One of a short list of records, by id."""
    return PanelFilter(key, name, criterion, record_number, options=options)


def since(key: str, name: Any, column: Any) -> PanelFilter:
    """Not before the start of a day in Warsaw."""
    return _from(key, name, lambda day: column >= day_start(day))


def until(key: str, name: Any, column: Any) -> PanelFilter:
    """Not after the end of a day in Warsaw."""
    return _to(key, name, lambda day: column < day_start(day + timedelta(days=1)))


def since_day(key: str, name: Any, column: Any) -> PanelFilter:
    """As `since`, for a column that holds days."""
    return _from(key, name, lambda day: column >= day)


def until_day(key: str, name: Any, column: Any) -> PanelFilter:
    """As `until`, for a column that holds days."""
    return _to(key, name, lambda day: column <= day)


def calendar_day(text: str) -> date:
    """A day of ISO 8601. Raises ValueError, also for the calendar's ends, which no time zone can hold."""
    day = date.fromisoformat(text)
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError("far from our time")
    return day


def day_start(day: date) -> datetime:
    """Midnight in Warsaw, as UTC."""
    return datetime.combine(day, time(), ZoneInfo(TIMEZONE)).astimezone(UTC)


def read_filters(
    filters: Sequence[PanelFilter], arguments: Iterable[tuple[str, str]]
) -> list[tuple[int, str, str]]:
    """The filters in ``(argument, value)`` pairs of a list's address as (index, name, value), in their order.

    Raises FilterNotUnderstood when any ``flt*`` argument names no filter or has a value it refuses.
    """
    index_of = {flt.key: index for index, flt in enumerate(filters)}
    found: list[tuple[str, tuple[int, str, str]]] = []
    for argument, value in arguments:
        if not argument.startswith("flt"):
            continue
        position, separator, key = argument[3:].partition("_")
        index = index_of.get(key)
        if not separator or index is None or not filters[index].validate(value):
            raise FilterNotUnderstood
        found.append((position.zfill(4), (index, str(filters[index].name), value)))
    return [entry for _position, entry in sorted(found, key=lambda pair: pair[0])]


def _from(key: str, name: Any, bound: Criterion) -> PanelFilter:
    return PanelFilter(f"{key}_since", name, bound, calendar_day, verb=lazy_gettext("from"), data_type="date")


def _to(key: str, name: Any, bound: Criterion) -> PanelFilter:
    return PanelFilter(f"{key}_until", name, bound, calendar_day, verb=lazy_gettext("to"), data_type="date")


def _text(value: str) -> str:
    text = value.strip()
    if not text or len(text) > LONGEST_TEXT:
        raise ValueError("empty or too long")
    return text


def _flag(value: str) -> bool:
    if value not in {"1", "0"}:
        raise ValueError("neither yes nor no")
    return value == "1"


def _yes_no() -> list[tuple[str, str]]:
    return [("1", gettext("Yes")), ("0", gettext("No"))]
