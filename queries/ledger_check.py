"""Whether the ledger, the balances and what they rest on still agree (`flask ledger verify`)."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from domain.channel import Channel
from domain.delivery import SURELY_UNSENT, Status
from domain.money import UNITS_PER_GROSZ
from models.invoice import Invoice
from models.ledger import EntryKind, Hold, HoldState, LedgerEntry
from models.message import AttemptOutcome, DeliveryAttempt, Direction, Message
from models.payment import Payment, PaymentGateway
from models.sms_account import SmsAccount


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """``entries`` and ``accounts`` looked at; ``problems`` in words, none when everything agrees."""

    accounts: int
    entries: int
    problems: tuple[str, ...]


def check_ledger(session: Session, *, in_earnest: bool = False) -> LedgerCheck:
    """Prove that sum = balance, holds = held, and that every entry has its ground. Reads only.

    ``in_earnest``: real money is taken here, and the sandbox's is none.
    """
    problems = [
        *_sums(session),
        *_holds(session),
        *_top_ups(session),
        *_paid_without_entry(session),
        *_reversed_top_ups(session),
        *_taken_back(session),
        *_free_texts(session),
        *_unrefunded_texts(session),
        *(_sandbox_payments(session) if in_earnest else ()),
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
                Payment.amount * UNITS_PER_GROSZ != LedgerEntry.amount,
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


def _taken_back(session: Session) -> list[str]:
    """Refunds and reversals that are not the exact opposite of what they take back."""
    taken = aliased(LedgerEntry)
    opposite = sa.and_(
        taken.amount == -LedgerEntry.amount,
        taken.account_id == LedgerEntry.account_id,
        taken.message_id.is_not_distinct_from(LedgerEntry.message_id),
        taken.payment_id.is_not_distinct_from(LedgerEntry.payment_id),
        taken.kind != EntryKind.REVERSAL,
        sa.or_(LedgerEntry.kind == EntryKind.REVERSAL, taken.kind == EntryKind.CHARGE),
    )
    query = (
        sa.select(LedgerEntry.id, LedgerEntry.kind, LedgerEntry.amount, taken.id, taken.kind, taken.amount)
        .join(taken, taken.id == LedgerEntry.reverses_id)
        .where(sa.not_(opposite))
        .order_by(LedgerEntry.id)
    )
    return [
        f"entry {number}: a {kind.value} of {amount} takes back entry {other}, a {what.value} of {was}"
        for number, kind, amount, other, what, was in session.execute(query)
    ]


def _free_texts(session: Session) -> list[str]:
    """Texts that went out, or may have, and were never charged, or got their charge back.

    In order is a charge that a person reversed, with a reason, and one that had been refunded by the time
    when the gateway proved that it took the text.
    """
    refund, proven = aliased(LedgerEntry), aliased(LedgerEntry)
    refunded = sa.exists().where(refund.reverses_id == LedgerEntry.id, refund.kind == EntryKind.REFUND)
    charge = (LedgerEntry.message_id == Message.id, LedgerEntry.kind == EntryKind.CHARGE)
    proven_later = sa.exists().where(
        DeliveryAttempt.message_id == Message.id,
        DeliveryAttempt.outcome == AttemptOutcome.ACCEPTED,
        LedgerEntry.idempotency_key == sa.literal("charge:").concat(DeliveryAttempt.uuid),
        LedgerEntry.kind == EntryKind.CHARGE,
        proven.reverses_id == LedgerEntry.id,
        proven.recorded_at <= DeliveryAttempt.finished_at,
    )
    query = (
        sa.select(Message.id, Message.status)
        .where(
            Message.channel == Channel.SMS,
            Message.direction == Direction.OUTGOING,
            Message.status.in_((Status.SENT, Status.UNCERTAIN)),
            sa.not_(sa.exists().where(*charge, sa.not_(refunded))),
            sa.not_(proven_later),
        )
        .order_by(Message.id)
    )
    return [
        f"message {number} is {status.value} and not charged" for number, status in session.execute(query)
    ]


def _unrefunded_texts(session: Session) -> list[str]:
    """Texts that surely did not go out, and whose charge nobody gave back."""
    back = aliased(LedgerEntry)
    query = (
        sa.select(Message.id, Message.status, LedgerEntry.id)
        .join(LedgerEntry, LedgerEntry.message_id == Message.id)
        .where(
            Message.status.in_(SURELY_UNSENT),
            LedgerEntry.kind == EntryKind.CHARGE,
            sa.not_(sa.exists().where(back.reverses_id == LedgerEntry.id)),
        )
        .order_by(Message.id)
    )
    return [
        f"message {number} is {status.value}, and its charge, entry {entry}, was not refunded"
        for number, status, entry in session.execute(query)
    ]


def _sandbox_payments(session: Session) -> list[str]:
    """Top-ups that nobody paid, on an installation that takes real money."""
    back, top_up = aliased(LedgerEntry), aliased(LedgerEntry)
    taken_back = sa.exists().where(back.reverses_id == top_up.id, top_up.payment_id == Payment.id)
    query = (
        sa.select(Payment.id, Payment.amount)
        .where(Payment.gateway == PaymentGateway.SANDBOX, Payment.paid_at.is_not(None), sa.not_(taken_back))
        .order_by(Payment.id)
    )
    return [
        f"payment {number}: the sandbox's {grosze} grosze are on the ledger, and real money is taken here"
        for number, grosze in session.execute(query)
    ]
