"""Charged texts for tests, by the way every text is charged: the ledger, the message, the day's roll-up."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.delivery import Status
from domain.events import EventKind
from models.message import Message, Origin
from models.notification import FiredEvent, Notification
from models.sms_account import SmsAccount
from services.ledger import Fare, Stamp, charge_many
from services.refund_unsent import refund_unsent
from services.sms_days import DayKey, add_to_day, counted_as
from tests import factories as make
from tests.service_desk import record_for

PRICE = 1_599
RICH = 10_000_000_000
_attempts: Iterator[int] = count()


def make_rich(session: Session) -> SmsAccount:
    """The SMS account with more money than any test spends (and no top-up behind it)."""
    account = session.scalars(sa.select(SmsAccount)).one()
    account.balance = RICH
    session.flush()
    return account


def charge_text(
    session: Session,
    day: date,
    *,
    parts: int = 1,
    price: int = PRICE,
    sender: str = "Nadrzecze",
    status: Status = Status.SENT,
    told: EventKind | None = None,
    **values: Any,
) -> Message:
    """A text charged at noon of a day, and by default sent a minute later; ``values`` of the message. With
    ``told`` the notification of an event of that kind.
    """
    if told is not None:
        values["origin"] = Origin.EVENT
    noon = datetime(day.year, day.month, day.day, 11, 0, tzinfo=UTC)
    account = session.scalars(sa.select(SmsAccount)).one()
    defaults: dict[str, Any] = {
        "channel": Channel.SMS,
        "sms_account_id": account.id,
        "address": "+48600100200",
        "status": status,
        "sent_at": noon.replace(minute=1) if status is Status.SENT else None,
        "finished_at": noon.replace(minute=1) if status is Status.SENT else None,
    }
    message = make.make_message(session, **defaults | values)
    if told is not None:
        notify(session, message, told)
    charge_again(session, message, day, parts=parts, price=price, sender=sender)
    return message


def notify(session: Session, message: Message, kind: EventKind) -> None:
    """Let the message be what a client was told of an event with."""
    client = message.client or make.make_person(session, "Ewa", "Nowa")
    record = record_for(session, kind, client)
    event = FiredEvent(
        kind=kind,
        change_key=f"command:{message.id}",
        client_id=client.id,
        **{f"{record.__tablename__}_id": record.id},
        values={},
        occurred_at=message.created_at,
    )
    event.notifications.append(Notification(channel=message.channel, message_id=message.id))
    session.add(event)
    session.flush()


def charge_again(
    session: Session, message: Message, day: date, *, parts: int, price: int = PRICE, sender: str
) -> None:
    """One more charge, as for an attempt that a person asked for."""
    now = datetime(day.year, day.month, day.day, 11, 0, tzinfo=UTC)
    cost, account_id = parts * price, message.sms_account_id
    assert account_id is not None
    message.sender = sender
    session.flush()
    fare = Fare(message.id, f"scene-{next(_attempts)}", cost)
    charge_many(session, account_id, [fare], campaign_id=message.campaign_id, stamp=Stamp(now))
    message.parts, message.unit_price, message.cost, message.charged_on = parts, price, cost, day
    session.flush()
    key = DayKey(
        day, account_id, sender, counted_as(session, [message.id])[message.id], message.campaign_id or 0
    )
    add_to_day(session, key, messages=1, parts=parts, cost=cost)


def refuse_text(session: Session, message: Message, now: datetime) -> int:
    """The gateway refused it after all: the money comes back."""
    message.status, message.sent_at = Status.FAILED, None
    session.flush()
    return refund_unsent(session, [message.id], now=now)
