"""The report "Wysłane wiadomości SMS": what SMS cost in a period, added up (manual 001, PŁATNOŚĆ).

Days are those of the charge in Warsaw, money is whole units of 1/10000 PLN. Texts that were refunded cost
nothing and are not in it. `queries.sms_report_rows` has the messages behind the sums.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, load_only

from domain.delivery import DeliveryState, Status
from domain.names import fold
from models.campaign import Campaign
from models.client import Client
from models.message import Message
from models.sms_day import SmsDay
from queries.counted_as import Event, counted_as, event_called, is_counted_as

LONGEST_NUMBER = 18
"""Digits of a campaign's number, which fits into 64 bits."""
SUMMED = ("messages", "parts", "cost")


class By(StrEnum):
    DAY = "day"
    MONTH = "month"
    SENDER = "sender"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class ReportFilter:
    """``first`` and ``last`` day, both included. ``event`` is a campaign's number or, for what belongs to no
    campaign, the kind of a notification's event or an origin. ``client`` is searched in names and numbers.
    """

    first: date
    last: date
    sender: str | None = None
    event: int | Event | None = None
    client: str = ""
    status: Status | None = None
    delivery_state: DeliveryState | None = None

    @property
    def needs_messages(self) -> bool:
        """Whether the roll-up cannot answer: it knows neither clients nor what became of a message."""
        return bool(self.client.strip() or self.status or self.delivery_state)


@dataclass(frozen=True, slots=True)
class Total:
    """One line of the report. ``key`` is a day (2026-03-02), a month (2026-03), a sender, a campaign's
    number, the kind of an event or an origin.
    """

    key: str
    messages: int
    parts: int
    cost: int


def totals(session: Session, wanted: ReportFilter, by: By, *, rows: sa.Subquery | None = None) -> list[Total]:
    """The report's lines: days, months and senders in their order, events by cost, the dearest first.

    ``rows`` to add up in place of `report_rows`, such as `message_rows`.
    """
    rows = report_rows(wanted) if rows is None else rows
    keys = _keys(rows, by)
    sums = [sa.func.sum(rows.c[name]) for name in SUMMED]
    query = sa.select(*keys, *sums).group_by(*keys).having(sums[0] > 0)
    query = query.order_by(sums[2].desc(), *keys) if by is By.EVENT else query.order_by(*keys)
    return [
        Total(_key(by, values), int(messages), int(parts), int(cost))
        for *values, messages, parts, cost in session.execute(query)
    ]


def total_of(lines: Sequence[Total]) -> Total:
    """The last line: the sum of the others."""
    messages, parts, cost = (sum(getattr(line, name) for line in lines) for name in SUMMED)
    return Total("", messages, parts, cost)


def narrowed(wanted: ReportFilter, by: By, key: str) -> ReportFilter:
    """The report behind one of its lines, with nothing in it for a day outside the period. Raises ValueError
    for a key that no line can have.
    """
    if by is By.SENDER:
        return replace(wanted, sender=key)
    if by is By.EVENT:
        return replace(wanted, event=_event(key))
    first, last = _days(by, key)
    return replace(wanted, first=max(first, wanted.first), last=min(last, wanted.last))


def _event(key: str) -> int | Event:
    is_number = key.isascii() and key.isdecimal() and len(key) <= LONGEST_NUMBER
    return int(key) if is_number else event_called(key)


def _days(by: By, key: str) -> tuple[date, date]:
    """The first and the last day of a line by days or months."""
    first = date.fromisoformat(key if by is By.DAY else f"{key}-01")
    if key != (first.isoformat() if by is By.DAY else first.isoformat()[:7]):
        raise ValueError("a day is written 2026-03-02, a month 2026-03")
    length = 1 if by is By.DAY else monthrange(first.year, first.month)[1]
    return first, first.replace(day=first.day + length - 1)


def campaigns_behind(session: Session, wanted: ReportFilter) -> dict[str, Campaign]:
    """The campaigns of the period by the key of their line, with what their titles are made of."""
    charged = sa.select(SmsDay.campaign_id).where(SmsDay.day.between(wanted.first, wanted.last))
    query = sa.select(Campaign).where(sa.or_(Campaign.id.in_(charged), Campaign.id == _campaign_of(wanted)))
    told = load_only(Campaign.channel, Campaign.subject, Campaign.body)
    return {str(campaign.id): campaign for campaign in session.scalars(query.options(told))}


def senders_of(session: Session) -> list[str]:
    """Every sender that texts were charged for."""
    query = sa.select(SmsDay.sender).where(SmsDay.messages > 0).distinct()
    return sorted(session.scalars(query))


def report_rows(wanted: ReportFilter) -> sa.Subquery:
    """(day, account_id, sender, origin, campaign_id, messages, parts, cost) of the wanted period: the roll-up
    where it can answer, else the messages.
    """
    return message_rows(wanted) if wanted.needs_messages else _rolled_up(wanted)


def message_rows(wanted: ReportFilter) -> sa.Subquery:
    """The same out of the messages themselves, a row each."""
    columns: tuple[Any, ...] = (
        Message.charged_on.label("day"),
        Message.sms_account_id.label("account_id"),
        Message.sender,
        counted_as().label("origin"),
        sa.func.coalesce(Message.campaign_id, 0).label("campaign_id"),
        sa.literal(1, literal_execute=True).label("messages"),
        Message.parts,
        Message.cost,
    )
    query = sa.select(*columns)
    return charged_messages(query, wanted).subquery()


def charged_messages(query: sa.Select[Any], wanted: ReportFilter) -> sa.Select[Any]:
    """A query on Message, narrowed to the texts of the report."""
    query = query.where(Message.charged_on.between(wanted.first, wanted.last), Message.cost > 0)
    if wanted.sender is not None:
        query = query.where(Message.sender == wanted.sender)
    if isinstance(wanted.event, int):
        query = query.where(Message.campaign_id == wanted.event)
    elif wanted.event is not None:
        query = query.where(is_counted_as(wanted.event))
    if wanted.status is not None:
        query = query.where(Message.status == wanted.status)
    if wanted.delivery_state is not None:
        query = query.where(Message.delivery_state == wanted.delivery_state)
    searched = aliased(Client)
    for word in fold(wanted.client).split():
        named = sa.exists().where(
            searched.id == Message.client_id, searched.search.contains(word, autoescape=True)
        )
        query = query.where(sa.or_(named, Message.address.contains(word, autoescape=True)))
    return query


def _campaign_of(wanted: ReportFilter) -> int:
    return wanted.event if isinstance(wanted.event, int) else 0


def _rolled_up(wanted: ReportFilter) -> sa.Subquery:
    query = sa.select(SmsDay).where(SmsDay.day.between(wanted.first, wanted.last))
    if wanted.sender is not None:
        query = query.where(SmsDay.sender == wanted.sender)
    if isinstance(wanted.event, int):
        query = query.where(SmsDay.campaign_id == wanted.event)
    elif wanted.event is not None:
        query = query.where(SmsDay.origin == wanted.event.value, SmsDay.campaign_id == 0)
    return query.subquery()


def _keys(rows: sa.Subquery, by: By) -> list[sa.ColumnElement[Any]]:
    if by is By.DAY:
        return [rows.c.day]
    if by is By.MONTH:
        return [sa.extract("year", rows.c.day), sa.extract("month", rows.c.day)]
    if by is By.SENDER:
        return [rows.c.sender]
    # Every text of a campaign is one event, whatever it came from.
    origin = sa.case((rows.c.campaign_id == 0, rows.c.origin), else_=sa.literal("", literal_execute=True))
    return [rows.c.campaign_id, origin]


def _key(by: By, values: Sequence[Any]) -> str:
    if by is By.MONTH:
        return f"{values[0]:04}-{values[1]:02}"
    if by is By.EVENT:
        return str(values[0] or values[1])
    return str(values[0])
