"""The report's roll-up, kept in the transaction that charges or refunds a message."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.message import Message
from models.sessions import insert_into, rows_changed
from models.sms_day import SmsDay
from queries.counted_as import counted_as as _counted_as

_KEY = ("day", "account_id", "sender", "origin", "campaign_id")


@dataclass(frozen=True, slots=True)
class DayKey:
    """Where in the roll-up a charged message belongs; ``campaign_id`` 0 where there is none. ``origin`` is
    what it is counted as.
    """

    day: date
    account_id: int
    sender: str
    origin: str
    campaign_id: int


def counted_as(session: Session, message_ids: Collection[int]) -> dict[int, str]:
    """What each message is counted as: the kind of the event it tells of, or its origin."""
    query = sa.select(Message.id, _counted_as()).where(Message.id.in_(message_ids))
    return dict(session.execute(query).all())


def add_to_day(session: Session, key: DayKey, *, messages: int, parts: int, cost: int) -> None:
    """Add charged messages to their day; the caller commits."""
    added = insert_into(session, SmsDay).values(**asdict(key), messages=messages, parts=parts, cost=cost)
    rows_changed(
        session,
        added.on_conflict_do_update(
            index_elements=list(_KEY),
            set_={
                name: getattr(SmsDay, name) + added.excluded[name] for name in ("messages", "parts", "cost")
            },
        ),
    )


def take_from_day(session: Session, message: Message) -> None:
    """Take a refunded message out of the day it was charged on; the caller commits."""
    rows_changed(
        session,
        sa.update(SmsDay)
        .where(
            SmsDay.day == message.charged_on,
            SmsDay.account_id == message.sms_account_id,
            SmsDay.sender == message.sender,
            SmsDay.origin == counted_as(session, [message.id])[message.id],
            SmsDay.campaign_id == (message.campaign_id or 0),
        )
        .values(
            messages=SmsDay.messages - 1,
            parts=SmsDay.parts - (message.parts or 0),
            cost=SmsDay.cost - (message.cost or 0),
        ),
    )
