"""Money back for texts that surely did not go out: refused, given up, cancelled or skipped.

By the ids of messages: nothing here reads more of the ledger than their own entries.
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import islice

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from domain.delivery import SURELY_UNSENT
from models.ledger import EntryKind, LedgerEntry
from models.message import Message
from services.ledger import Stamp, refund
from services.sms_days import take_from_day

_READ_TOGETHER = 200


def end_unsent(session: Session, ending: sa.Update, *, now: datetime) -> int:
    """Execute an UPDATE that ends messages unsent, and refund what they were charged; how many it ended.

    The account that paid is locked by now: see `services.lock_messages`. The caller commits.
    """
    ended = session.connection().execute(ending.returning(Message.id, Message.cost)).all()
    refund_unsent(session, [number for number, cost in ended if cost], now=now)
    return len(ended)


def refund_unsent(session: Session, message_ids: Collection[int], *, now: datetime) -> int:
    """Refund what the messages were charged if they surely did not go out; how many. The caller commits."""
    return _refund_all(session, message_ids, Message.status.in_(SURELY_UNSENT), stamp=Stamp(now))


def refund_charges(session: Session, message_ids: Collection[int], *, stamp: Stamp) -> int:
    """Refund what the messages were charged, whatever became of them; how many. The caller commits."""
    return _refund_all(session, message_ids, stamp=stamp)


def _refund_all(
    session: Session, message_ids: Collection[int], *wanted: sa.ColumnElement[bool], stamp: Stamp
) -> int:
    return sum(_refund(session, charge, stamp) for charge in _charges(session, message_ids, *wanted))


def _charges(
    session: Session, message_ids: Collection[int], *wanted: sa.ColumnElement[bool]
) -> Iterator[LedgerEntry]:
    taken_back = aliased(LedgerEntry)
    charges = (
        sa.select(LedgerEntry)
        .join(Message, Message.id == LedgerEntry.message_id)
        .where(
            LedgerEntry.kind == EntryKind.CHARGE,
            sa.not_(sa.exists().where(taken_back.reverses_id == LedgerEntry.id)),
            *wanted,
        )
        .order_by(LedgerEntry.id)
    )
    waiting = iter(sorted(message_ids))
    while numbers := list(islice(waiting, _READ_TOGETHER)):
        yield from session.scalars(charges.where(LedgerEntry.message_id.in_(numbers))).all()


def _refund(session: Session, charge: LedgerEntry, stamp: Stamp) -> bool:
    if not refund(session, charge, stamp):
        return False
    message = session.get_one(Message, charge.message_id, populate_existing=True)
    take_from_day(session, message)
    message.cost = 0
    session.flush()
    return True
