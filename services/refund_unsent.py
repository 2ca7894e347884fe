"""Money back for texts that surely did not go out: refused, given up, cancelled or skipped."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from domain.delivery import Status
from models.ledger import EntryKind, LedgerEntry
from models.message import Message
from services.ledger import Stamp, refund
from services.sms_days import take_from_day

SURELY_UNSENT = (Status.FAILED, Status.CANCELLED, Status.SKIPPED)


def refund_unsent(
    session: Session, *wanted: sa.ColumnElement[bool], now: datetime, actor_id: int | None = None
) -> int:
    """Refund what the wanted messages were charged if they surely did not go out; how many. The caller
    commits.
    """
    return refund_charges(session, Message.status.in_(SURELY_UNSENT), *wanted, stamp=Stamp(now, actor_id))


def refund_charges(session: Session, *wanted: sa.ColumnElement[bool], stamp: Stamp) -> int:
    """Refund what the wanted messages were charged, whatever became of them; how many. The caller commits."""
    taken_back = aliased(LedgerEntry)
    charges = session.scalars(
        sa.select(LedgerEntry)
        .join(Message, Message.id == LedgerEntry.message_id)
        .where(
            LedgerEntry.kind == EntryKind.CHARGE,
            sa.not_(sa.exists().where(taken_back.reverses_id == LedgerEntry.id)),
            *wanted,
        )
        .order_by(LedgerEntry.id)
    ).all()
    return sum(_refund(session, charge, stamp) for charge in charges)


def _refund(session: Session, charge: LedgerEntry, stamp: Stamp) -> bool:
    if not refund(session, charge, stamp):
        return False
    message = session.get_one(Message, charge.message_id, populate_existing=True)
    take_from_day(session, message)
    message.cost = 0
    session.flush()
    return True
