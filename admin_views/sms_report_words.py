"""How the SMS report's lines and messages are called on the page, in the chart and in a spreadsheet."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import format_currency, format_date, gettext

from admin_views.campaign_titles import campaign_title
from admin_views.labels import label
from domain.events import EventKind
from domain.money import zloty_of
from extensions.babel import TIMEZONE
from models.campaign import Campaign
from queries.counted_as import event_called
from queries.sms_report import By, Total
from queries.sms_report_rows import ChargedText

MOST_BARS = 400
MOST_NAMED_BARS = 12


def by_names() -> dict[By, str]:
    return {
        By.DAY: gettext("Day"),
        By.MONTH: gettext("Month"),
        By.SENDER: gettext("Sender"),
        By.EVENT: gettext("Campaign or event"),
    }


def exact(units: int) -> str:
    """Money with four decimals, so that a column of it stands under itself."""
    return str(format_currency(zloty_of(units), "PLN", "#,##0.0000 ¤", currency_digits=False))


def line_name(by: By, key: str, campaigns: Mapping[str, Campaign]) -> str:
    """What one line is of."""
    if by is By.DAY:
        return str(format_date(date.fromisoformat(key), "EEE, d MMM y"))
    if by is By.MONTH:
        return str(format_date(date.fromisoformat(f"{key}-01"), "LLLL y"))
    return sender_name(key) if by is By.SENDER else event_name(key, campaigns)


def sender_name(sender: str) -> str:
    return sender or gettext("no sender name")


def event_name(key: str, campaigns: Mapping[str, Campaign]) -> str:
    """A campaign's title, or where else the messages came from."""
    if not key.isdecimal():
        event = event_called(key)
        named = str(label(event))
        return gettext("Notification: %(event)s", event=named) if isinstance(event, EventKind) else named
    return campaign_title(campaigns[key]) if key in campaigns else f"#{key}"


def bars(by: By, lines: Sequence[Total]) -> list[Total]:
    """What the chart draws: every day or month between the first and the last, the dearest of the rest."""
    if by in (By.SENDER, By.EVENT):
        return sorted(lines, key=lambda line: -line.cost)[:MOST_NAMED_BARS]
    known = {line.key: line for line in lines}
    keys = [*_steps(by, lines[0].key, lines[-1].key)] if lines else []
    return [known.get(key, Total(key, 0, 0, 0)) for key in keys] if len(keys) <= MOST_BARS else [*lines]


def bar_name(by: By, key: str, campaigns: Mapping[str, Campaign]) -> str:
    if by is By.DAY:
        return str(format_date(date.fromisoformat(key), "d MMM"))
    if by is By.MONTH:
        return str(format_date(date.fromisoformat(f"{key}-01"), "LLL y"))
    return line_name(by, key, campaigns)


def totals_header(by: By) -> list[str]:
    return [by_names()[by], gettext("Messages"), gettext("Parts"), gettext("Cost (PLN)")]


def totals_cells(by: By, lines: Iterable[Total], campaigns: Mapping[str, Campaign]) -> Iterator[list[Any]]:
    """Days and months as spreadsheets read them, 2026-03-01; money is a Decimal."""
    for line in lines:
        name: Any = line.key if by is By.MONTH else line_name(by, line.key, campaigns)
        name = date.fromisoformat(line.key) if by is By.DAY else name
        yield [name, line.messages, line.parts, zloty_of(line.cost)]


def texts_header() -> list[str]:
    return [
        gettext("Charged on"),
        gettext("Sent at"),
        gettext("Client"),
        gettext("Phone number"),
        gettext("Sender"),
        gettext("Campaign or event"),
        gettext("Status"),
        gettext("Delivery"),
        gettext("Parts"),
        gettext("Price of a part (PLN)"),
        gettext("Cost (PLN)"),
    ]


def texts_cells(texts: Iterable[ChargedText], campaigns: Mapping[str, Campaign]) -> Iterator[list[Any]]:
    """Times in Warsaw; money is a Decimal."""
    zone = ZoneInfo(TIMEZONE)
    titles = {key: campaign_title(campaign) for key, campaign in campaigns.items()}
    known = cache(lambda member: str(label(member)))  # looked up in the catalogue once, not for every row
    told = cache(lambda key: titles.get(key) or event_name(key, {}))
    for text in texts:
        yield [
            text.charged_on,
            text.sent_at.astimezone(zone).replace(tzinfo=None, microsecond=0) if text.sent_at else "",
            text.client or "",
            text.number,
            text.sender,
            told(event_of(text)),
            known(text.status),
            known(text.delivery_state) if text.delivery_state else "",
            text.parts,
            zloty_of(text.unit_price),
            zloty_of(text.cost),
        ]


def event_of(text: ChargedText) -> str:
    """The key of the line by event that the message is in."""
    return str(text.campaign_id) if text.campaign_id else text.counted_as


def _steps(by: By, first: str, last: str) -> Iterator[str]:
    day, step = date.fromisoformat(first if by is By.DAY else f"{first}-01"), timedelta(days=1)
    while (key := day.isoformat()[: len(first)]) <= last:
        yield key
        day = day + step if by is By.DAY else month_after(day)


def month_after(day: date) -> date:
    """The first day of the month after."""
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)
