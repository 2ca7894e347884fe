"""Whether the report, its roll-up, the messages and the ledger still agree (`flask reports verify`).

Each question is one statement, which sees one state of the database however much is being sent meanwhile.
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.ledger import LedgerEntry
from models.message import Message
from models.sms_day import SmsDay
from queries.counted_as import counted_as

_KEY = ("day", "account_id", "sender", "origin", "campaign_id")
_SUMMED = ("messages", "parts", "cost")


@dataclass(frozen=True, slots=True)
class ReportsCheck:
    """``days`` lines of the roll-up and ``messages`` charged were looked at, ``cost`` (1/10000 PLN) is what
    the report adds up to; ``problems`` in words, none when everything agrees.
    """

    days: int
    messages: int
    cost: int
    problems: tuple[str, ...]


def check_reports(session: Session) -> ReportsCheck:
    """Prove that roll-up = messages = ledger, line by line, text by text and in all. Reads only."""
    problems = [*_lines(session), *_texts(session), *_prices(session), *_accounts(session)]
    days, cost = session.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(SmsDay.cost), 0))
    ).one()
    messages = session.scalar(sa.select(sa.func.count()).select_from(Message).where(*_charged()))
    return ReportsCheck(days, messages or 0, int(cost), tuple(problems))


def _charged() -> tuple[sa.ColumnElement[bool], ...]:
    return Message.charged_on.is_not(None), Message.cost > 0


def _lines(session: Session) -> list[str]:
    """Lines of the roll-up that are not the sum of their messages, and messages without a line."""
    nought = [sa.literal(0).label(f"no_{name}") for name in _SUMMED]
    rolled = sa.select(*(getattr(SmsDay, name) for name in (*_KEY, *_SUMMED)), *nought)
    texts = (
        sa.select(
            Message.charged_on,
            Message.sms_account_id,
            Message.sender,
            counted_as().label("origin"),
            sa.func.coalesce(Message.campaign_id, 0).label("campaign_id"),
            Message.parts,
            Message.cost,
        )
        .where(*_charged())
        .subquery()
    )
    *whose, parts, cost = texts.c
    counted = sa.select(*whose, *nought, sa.func.count(), sa.func.sum(parts), sa.func.sum(cost))
    counted = counted.group_by(*whose)
    both = sa.union_all(rolled, counted).subquery()
    keys = [both.c[name] for name in _KEY]
    said = [sa.func.sum(both.c[name]) for name in _SUMMED]
    true = [sa.func.sum(both.c[f"no_{name}"]) for name in _SUMMED]
    differ = sa.or_(*(one != other for one, other in zip(said, true, strict=True)))
    query = sa.select(*keys, *said, *true).group_by(*keys).having(differ).order_by(*keys)
    return [_line_problem(tuple(row)) for row in session.execute(query)]


def _line_problem(row: tuple[Any, ...]) -> str:
    day, account, sender, origin, campaign, *sums = row
    said, true = (" / ".join(str(value) for value in part) for part in (sums[:3], sums[3:]))
    where = f"{origin}, campaign {campaign}" if campaign else origin
    return (
        f"{day}, account {account}, {sender}, {where}: the roll-up has {said} (messages / parts / cost), "
        f"the messages add up to {true}"
    )


def _texts(session: Session) -> list[str]:
    """Messages whose cost is not what the ledger took for them, less what it gave back."""
    nought = sa.literal(0)
    asked = sa.select(Message.id.label("id"), Message.cost.label("cost"), nought.label("paid")).where(
        Message.cost.is_not(None)
    )
    paid = sa.select(LedgerEntry.message_id, nought, -LedgerEntry.amount).where(
        LedgerEntry.message_id.is_not(None)
    )
    both = sa.union_all(asked, paid).subquery()
    cost, taken = sa.func.sum(both.c.cost), sa.func.sum(both.c.paid)
    query = sa.select(both.c.id, cost, taken).group_by(both.c.id).having(cost != taken).order_by(both.c.id)
    return [
        f"message {number}: it costs {costs}, the ledger's entries for it come to {entries}"
        for number, costs, entries in session.execute(query)
    ]


def _prices(session: Session) -> list[str]:
    right = sa.and_(
        Message.charged_on.is_not(None),
        Message.unit_price.is_not(None),
        Message.parts.is_not(None),
        Message.cost == Message.parts * Message.unit_price,
    )
    query = (
        sa.select(Message.id, Message.cost, Message.parts, Message.unit_price, Message.charged_on)
        .where(Message.cost > 0, sa.not_(right))
        .order_by(Message.id)
    )
    return [
        f"message {number}: {cost} is not {parts} parts at {price}, charged on {day}"
        for number, cost, parts, price, day in session.execute(query)
    ]


def _accounts(session: Session) -> list[str]:
    """Accounts whose report does not come to what the ledger took for messages."""
    nought = sa.literal(0)
    rolled = sa.select(SmsDay.account_id.label("account_id"), SmsDay.cost.label("cost"), nought.label("paid"))
    paid = sa.select(LedgerEntry.account_id, nought, -LedgerEntry.amount).where(
        LedgerEntry.message_id.is_not(None)
    )
    both = sa.union_all(rolled, paid).subquery()
    cost, taken = sa.func.sum(both.c.cost), sa.func.sum(both.c.paid)
    query = sa.select(both.c.account_id, cost, taken).group_by(both.c.account_id).having(cost != taken)
    return [
        f"account {number}: the report comes to {costs}, the ledger to {entries}"
        for number, costs, entries in session.execute(query)
    ]
