"""How values look in a grid, on a card and in an export."""

import re
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import format_date, format_datetime, format_decimal, gettext
from markupsafe import Markup, escape

from admin_views.labels import label, tone
from domain.channel import Channel
from extensions.babel import TIMEZONE

KILOBYTE = 1024
MEGABYTE = 1024 * KILOBYTE
# An address in the text of HTML, and in none of its tags. A word is tried once, not from each of its letters.
_ADDRESS = re.compile(r"(?<![^\s<>@])[^\s<>@]++@[^\s<>@]++(?![^<>]*>)")
_JOINTS = re.compile(r"(?<=.)(?=[@.])")
NOTHING = Markup('<span class="nothing" aria-hidden="true">—</span>')


def breakable(shown: Any) -> Markup:
    """A cell whose e-mail addresses break before @ and dots, where they break at all: never inside a word."""
    return Markup(_ADDRESS.sub(lambda found: _JOINTS.sub("<wbr>", found[0]), escape(shown)))  # noqa: S704


def badge(member: StrEnum) -> Markup:
    """An enum's member as a coloured badge."""
    return tag(label(member), tone(member))


def tag(text: Any, colour: str = "neutral") -> Markup:
    """Any text as a badge; ``colour`` as in `labels`."""
    return Markup('<span class="badge badge-{}">{}</span>').format(colour, text)


def channel_icon(channel: Channel) -> Markup:
    """A sign before the title of what is no e-mail."""
    if channel != Channel.SMS:
        return Markup("")
    return Markup(
        '<i class="bi bi-chat-dots channel-icon" title="{0}" aria-label="{0}" role="img"></i>'
    ).format(label(channel))


def moment(value: datetime) -> Markup:
    """A moment in Warsaw's time, short, with the machine's form beside it."""
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), format_datetime(value, "short"))


def day(value: date) -> str:
    return str(format_date(value, "medium"))


def file_size(size: int) -> str:
    """Bytes as people say them: ``340 B``, ``12 KB``, ``1.4 MB``."""
    if size < KILOBYTE:
        return f"{size} B"
    if size < MEGABYTE:
        return f"{format_decimal(round(size / KILOBYTE))} KB"
    return f"{format_decimal(round(size / MEGABYTE, 1))} MB"


def yes_no(value: bool) -> Markup:
    icon, text = ("bi-check-lg text-good", gettext("Yes")) if value else ("bi-dash text-faint", gettext("No"))
    return Markup('<i class="bi {}" aria-hidden="true"></i><span class="sr-only">{}</span>').format(
        icon, text
    )


def link(text: Any, endpoint: str, **arguments: Any) -> Markup:
    """A link to another page of the panel; nothing when there is no text."""
    if text in (None, ""):
        return NOTHING
    return Markup('<a href="{}">{}</a>').format(url_for(endpoint, **arguments), text)


def record_link(record: Any, endpoint: str) -> Markup:
    """A link to a record's card, or a dash where there is no record."""
    return link(str(record), f"{endpoint}.details_view", id=record.id) if record is not None else NOTHING


def linked(endpoint: str) -> Any:
    """A column formatter: the related record as a link to its card."""
    return lambda _view, _context, model, name: record_link(getattr(model, name), endpoint)


def own_link(_view: Any, _context: Any, model: Any, name: str) -> Markup:
    """A column formatter: the record's own value as a link to its own card."""
    return link(getattr(model, name), ".details_view", id=model.id)


def as_text(_view: Any, _context: Any, model: Any, name: str) -> str:
    """A column formatter for an export: the related record's name, empty where there is none."""
    return str(getattr(model, name) or "")


def paragraphs(text: str) -> Markup:
    """Plain text with its line breaks."""
    return Markup("<br>").join(escape(line) for line in text.splitlines()) if text else NOTHING


def _or_nothing(_view: Any, value: str, _name: str) -> Any:
    return value or NOTHING


SHOWN = {
    type(None): lambda _view, _value, _name: NOTHING,
    bool: lambda _view, value, _name: yes_no(value),
    StrEnum: lambda _view, value, _name: badge(value),
    datetime: lambda _view, value, _name: moment(value),
    date: lambda _view, value, _name: day(value),
    str: _or_nothing,
}
"""Formatters by type for grids and cards; the first type that fits wins."""

EXPORTED = {
    type(None): lambda _view, _value, _name: "",
    bool: lambda _view, value, _name: gettext("Yes") if value else gettext("No"),
    StrEnum: lambda _view, value, _name: str(label(value)),
    datetime: lambda _view, value, _name: f"{value.astimezone(ZoneInfo(TIMEZONE)):%Y-%m-%d %H:%M:%S}",
    date: lambda _view, value, _name: value.isoformat(),
}
"""Formatters by type for an export: plain text, times in Warsaw."""

CELLS = {
    bool: EXPORTED[bool],
    StrEnum: EXPORTED[StrEnum],
    datetime: lambda _view, value, _name: value.astimezone(ZoneInfo(TIMEZONE)).replace(tzinfo=None),
}
"""The same for a workbook, which knows what a date and a number is."""
