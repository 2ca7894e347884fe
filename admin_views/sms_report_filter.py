"""What the SMS report's address asks for, and the addresses of reports."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext

from admin_views.filters import LONGEST_TEXT, calendar_day
from admin_views.numbers import whole_number
from domain.delivery import DeliveryState, Status
from domain.errors import DomainError
from queries.counted_as import Event, event_called
from queries.sms_report import By, ReportFilter, narrowed
from queries.sms_report_rows import Place

NO_SENDER = "-"
USUAL_DAYS = 30
CHARGED = (Status.QUEUED, Status.SENDING, Status.SENT, Status.UNCERTAIN)
"""What a text that costs something may be: money for one that surely did not go out is given back."""
STATUSES = (*CHARGED, DeliveryState.DELIVERED, DeliveryState.UNDELIVERED)


class NotAPeriod(DomainError):
    message = "Enter both days of the period, the first not after the last."


class NotAReport(DomainError):
    message = "The report does not understand its address. Set the period and the filters again."


@dataclass(frozen=True, slots=True)
class Asked:
    """A report, how it is added up, and the one of its lines (None: all of them) whose messages are shown."""

    wanted: ReportFilter
    by: By
    line: str | None = None

    @property
    def shown(self) -> ReportFilter:
        """What the messages are narrowed to."""
        return self.wanted if self.line is None else narrowed(self.wanted, self.by, self.line)

    def arguments(self, **changed: Any) -> dict[str, Any]:
        """The address of this report; ``changed`` are arguments to replace, None to leave out."""
        wanted = self.wanted
        sender = NO_SENDER if wanted.sender == "" else wanted.sender
        values = {
            "from": wanted.first.isoformat(),
            "to": wanted.last.isoformat(),
            "by": self.by.value,
            "sender": sender,
            "event": event_key(wanted),
            "client": wanted.client or None,
            "status": self.status or None,
            "line": self.line,
        }
        return {name: str(value) for name, value in (values | changed).items() if value is not None}

    @property
    def status(self) -> str:
        """The status or delivery state asked for, as its value; empty for any."""
        member = self.wanted.status or self.wanted.delivery_state
        return member.value if member else ""


def asked_report(arguments: Mapping[str, str], today: date) -> Asked:
    """The report of an address; without a period the last 30 days. Raises NotAPeriod and NotAReport."""
    first, last = _period(arguments, today)
    try:
        wanted = ReportFilter(
            first,
            last,
            sender=_sender(arguments.get("sender", "")),
            event=_event(arguments.get("event", "")),
            client=arguments.get("client", "").strip()[:LONGEST_TEXT],
        )
        wanted = _with_status(wanted, arguments.get("status", ""))
        asked = Asked(wanted, By(arguments.get("by") or By.DAY), arguments.get("line"))
        asked.shown  # noqa: B018 (a line that is none is refused here)
    except ValueError as error:
        raise NotAReport from error
    return asked


def presets(today: date) -> list[tuple[str, date, date]]:
    """(name, first day, last day) of the periods one asks for most."""
    month = today.replace(day=1)
    month_before = month - timedelta(days=1)
    year = today.replace(month=1, day=1)
    year_before = year - timedelta(days=1)
    return [
        (gettext("Last 30 days"), *_usual(today)),
        (gettext("This month"), month, _end_of_month(today)),
        (gettext("Last month"), month_before.replace(day=1), month_before),
        (gettext("This year"), year, today.replace(month=12, day=31)),
        (gettext("Last year"), year_before.replace(month=1, day=1), year_before),
    ]


def event_key(wanted: ReportFilter) -> str | None:
    """How the line by event is called."""
    return None if wanted.event is None else str(wanted.event)


def read_place(text: str | None) -> Place | None:
    """Where the page before ended. Raises NotAReport."""
    if not text:
        return None
    day, _dot, number = text.partition(".")
    message_id = whole_number(number)
    try:
        if message_id is None:
            raise ValueError("not a message's number")
        return Place(calendar_day(day), message_id)
    except ValueError as error:
        raise NotAReport from error


def _period(arguments: Mapping[str, str], today: date) -> tuple[date, date]:
    given = arguments.get("from", ""), arguments.get("to", "")
    if given == ("", ""):
        return _usual(today)
    try:
        first, last = (calendar_day(text) for text in given)
    except ValueError as error:
        raise NotAPeriod from error
    if first > last:
        raise NotAPeriod
    return first, last


def _usual(today: date) -> tuple[date, date]:
    return today - timedelta(days=USUAL_DAYS - 1), today


def _end_of_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _sender(text: str) -> str | None:
    return "" if text == NO_SENDER else (text or None)


def _event(text: str) -> int | Event | None:
    if not text:
        return None
    number = whole_number(text)
    return event_called(text) if number is None else number


def _with_status(wanted: ReportFilter, text: str) -> ReportFilter:
    if text in {member.value for member in DeliveryState}:
        return replace(wanted, delivery_state=DeliveryState(text))
    return replace(wanted, status=Status(text)) if text else wanted
