"""Whether the ledger, the balances and what they rest on still agree (`flask ledger verify`)."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from models.invoice import Invoice
from models.ledger import EntryKind, Hold, HoldState, LedgerEntry
from models.payment import Payment
from models.sms_account import SmsAccount


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """``entries`` and ``accounts`` looked at; ``problems`` in words, none when everything agrees."""

    accounts: int
    entries: int
    problems: tuple[str, ...]


def check_ledger(session: Session) -> LedgerCheck:
    """Prove that sum = balance, holds = held, and that every entry has its ground. Reads only."""
    problems = [
        *_sums(session),
        *_holds(session),
        *_top_ups(session),
        *_paid_without_entry(session),
        *_reversed_top_ups(session),
    ]
    count = sa.func.count()
    return LedgerCheck(
        accounts=session.scalar(sa.select(count).select_from(SmsAccount)) or 0,
        entries=session.scalar(sa.select(count).select_from(LedgerEntry)) or 0,
        problems=tuple(problems),
    )


def _sums(session: Session) -> list[str]:
    total = sa.func.coalesce(sa.func.sum(LedgerEntry.amount), 0)
    query = (
        sa.select(SmsAccount.id, SmsAccount.balance, total)
        .outerjoin(LedgerEntry, LedgerEntry.account_id == SmsAccount.id)
        .group_by(SmsAccount.id, SmsAccount.balance)
        .having(SmsAccount.balance != total)
    )
    return [
        f"account {number}: the balance is {balance}, the entries add up to {added}"
        for number, balance, added in session.execute(query)
    ]


def _holds(session: Session) -> list[str]:
    kept = sa.func.coalesce(sa.func.sum(Hold.amount - Hold.used), 0)
    query = (
        sa.select(SmsAccount.id, SmsAccount.held, kept)
        .outerjoin(Hold, sa.and_(Hold.account_id == SmsAccount.id, Hold.state == HoldState.OPEN))
        .group_by(SmsAccount.id, SmsAccount.held)
        .having(SmsAccount.held != kept)
    )
    return [
        f"account {number}: {held} is held, the open holds keep {added}"
        for number, held, added in session.execute(query)
    ]


def _top_ups(session: Session) -> list[str]:
    query = (
        sa.select(LedgerEntry.id, LedgerEntry.amount, Payment.amount, Payment.paid_at, Invoice.gross)
        .outerjoin(Payment, Payment.id == LedgerEntry.payment_id)
        .outerjoin(Invoice, Invoice.payment_id == Payment.id)
        .where(LedgerEntry.kind == EntryKind.TOP_UP)
        .where(
            sa.or_(
                Payment.paid_at.is_(None),
                Payment.amount * 100 != LedgerEntry.amount,
                Invoice.id.is_(None),
                Invoice.gross != Payment.amount,
            )
        )
    )
    return [
        f"entry {number}: a top-up of {units} rests on a payment of {paid} (paid: {when}), invoiced {gross}"
        for number, units, paid, when, gross in session.execute(query)
    ]


def _paid_without_entry(session: Session) -> list[str]:
    entered = sa.exists().where(LedgerEntry.payment_id == Payment.id, LedgerEntry.kind == EntryKind.TOP_UP)
    query = sa.select(Payment.id).where(Payment.paid_at.is_not(None), sa.not_(entered))
    return [f"payment {number} is paid and not on the ledger" for number in session.scalars(query)]


def _reversed_top_ups(session: Session) -> list[str]:
    """A top-up that was taken back has an invoice that its corrections bring to nothing."""
    original, part = aliased(Invoice), aliased(Invoice)
    left = sa.func.coalesce(sa.func.sum(part.gross), 0)
    query = (
        sa.select(LedgerEntry.id, LedgerEntry.payment_id, left)
        .outerjoin(original, original.payment_id == LedgerEntry.payment_id)
        .outerjoin(part, sa.or_(part.id == original.id, part.corrects_id == original.id))
        .where(LedgerEntry.kind == EntryKind.REVERSAL, LedgerEntry.payment_id.is_not(None))
        .group_by(LedgerEntry.id, LedgerEntry.payment_id)
        .having(left != 0)
    )
    return [
        f"entry {number}: payment {payment} was taken back, and {gross} of it is still invoiced"
        for number, payment, gross in session.execute(query)
    ]
