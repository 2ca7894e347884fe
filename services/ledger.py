"""The prepaid account's money: every movement is one append-only entry, and the balance is their sum.

Nothing here commits. Amounts are whole units of 1/10000 PLN. Each function locks the account's row, so that
movements of one account happen one after the other; the balance never falls below zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.errors import DomainError
from domain.money import in_zloty
from models.ledger import EntryKind, Hold, HoldState, LedgerEntry
from models.payment import Payment
from models.sessions import rows_changed
from models.sms_account import SmsAccount


class NotEnoughMoney(DomainError):
    """Parameters: ``needed``, ``available`` (PLN)."""

    message = (
        "There is not enough money on the SMS account: %(needed)s PLN is needed, %(available)s PLN is "
        "available. Top the account up."
    )


class AlreadyReversed(DomainError):
    message = "This entry has already been reversed."


class ReasonMissing(DomainError):
    message = "Say why this entry is reversed."


class NotReversible(DomainError):
    message = "A reversal cannot be reversed itself."


@dataclass(frozen=True, slots=True)
class Stamp:
    """When a movement is entered, and by whom (None: by the system)."""

    now: datetime
    actor_id: int | None = None


def credit_payment(session: Session, payment: Payment, units: int, stamp: Stamp) -> bool:
    """Enter a verified payment; False when it has been entered before."""
    entered = _enter(
        session,
        stamp,
        account_id=payment.account_id,
        kind=EntryKind.TOP_UP,
        amount=units,
        idempotency_key=f"top-up:{payment.uuid}",
        payment_id=payment.id,
    )
    if entered:
        _move(session, payment.account_id, units)
    return entered


@dataclass(frozen=True, slots=True)
class Fare:
    """What one attempt at a message costs."""

    message_id: int
    attempt: str
    units: int


@dataclass(frozen=True, slots=True)
class Charged:
    """The attempts that are paid for, now or before, and of these the ones charged now."""

    covered: frozenset[str]
    new: frozenset[str]


def charge_many(
    session: Session, account_id: int, fares: Sequence[Fare], *, campaign_id: int | None, stamp: Stamp
) -> Charged:
    """Charge messages before they are handed to a gateway, as far as the money goes.

    What a campaign's open hold keeps back is drawn first, the rest comes from what is available. The first
    that is too dear ends a campaign's; single messages (no campaign) are each charged for themselves.
    """
    hold_account(session, account_id)
    keys = [f"charge:{fare.attempt}" for fare in fares]
    key = LedgerEntry.idempotency_key
    known = set(session.scalars(sa.select(key).where(key.in_(keys))))
    money = _spendable(session, account_id, campaign_id)
    new: list[Fare] = []
    for fare in fares:
        if f"charge:{fare.attempt}" in known:
            continue
        if fare.units <= money:
            money -= fare.units
            new.append(fare)
        elif campaign_id is not None:
            break
    if new:
        _enter_charges(session, account_id, new, stamp)
        total = sum(fare.units for fare in new)
        _move(session, account_id, -total, held=-_draw(session, campaign_id, total))
    charged = frozenset(fare.attempt for fare in new)
    return Charged(charged | {key.removeprefix("charge:") for key in known}, charged)


def not_enough(session: Session, account_id: int, units: int) -> NotEnoughMoney:
    """The refusal of a charge or a hold of so many units."""
    account = session.get_one(SmsAccount, account_id, populate_existing=True)
    return NotEnoughMoney(needed=in_zloty(units), available=in_zloty(account.available))


def refund(session: Session, entry: LedgerEntry, stamp: Stamp) -> bool:
    """Give the charge of a refused message back; False when that has been done before."""
    entered = _enter(
        session,
        stamp,
        account_id=entry.account_id,
        kind=EntryKind.REFUND,
        amount=-entry.amount,
        idempotency_key=f"refund:{entry.id}",
        message_id=entry.message_id,
        reverses_id=entry.id,
    )
    if entered:
        _move(session, entry.account_id, -entry.amount)
    return entered


def reverse(session: Session, entry: LedgerEntry, reason: str, stamp: Stamp) -> LedgerEntry:
    """Take an entry back, which is all a correction may do.

    Raises ReasonMissing, NotReversible, AlreadyReversed, and NotEnoughMoney when the money is spent.
    """
    if not reason.strip():
        raise ReasonMissing
    if entry.kind == EntryKind.REVERSAL:
        raise NotReversible
    key = f"reversal:{entry.id}"
    hold_account(session, entry.account_id)
    if session.scalar(sa.select(sa.exists().where(LedgerEntry.reverses_id == entry.id))) or not _enter(
        session,
        stamp,
        account_id=entry.account_id,
        kind=EntryKind.REVERSAL,
        amount=-entry.amount,
        idempotency_key=key,
        message_id=entry.message_id,
        payment_id=entry.payment_id,
        reverses_id=entry.id,
        reason=reason.strip()[:300],
    ):
        raise AlreadyReversed
    _move(session, entry.account_id, -entry.amount)
    return session.scalars(sa.select(LedgerEntry).where(LedgerEntry.idempotency_key == key)).one()


def hold_accounts(session: Session) -> None:
    """Let nobody else move money until the caller commits. For a snapshot (REPEATABLE READ): call it first.

    PostgreSQL takes the snapshot after LOCK TABLE; a charge in between would undo everything done in it. On
    SQLite the only writer holds everything anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("LOCK TABLE sms_account IN SHARE ROW EXCLUSIVE MODE"))


def open_hold(session: Session, account_id: int, campaign_id: int, units: int, stamp: Stamp) -> None:
    """Keep a campaign's quote back. Raises NotEnoughMoney when that much is not available."""
    _move(session, account_id, 0, held=units)
    session.add(Hold(account_id=account_id, campaign_id=campaign_id, amount=units, opened_at=stamp.now))
    session.flush()


def close_hold(session: Session, campaign_id: int, stamp: Stamp) -> int:
    """Release what a campaign has not used; the units released."""
    hold = _open_hold_of(session, campaign_id)
    if hold is None:
        return 0
    hold_account(session, hold.account_id)
    session.refresh(hold, with_for_update=True)
    if hold.state is not HoldState.OPEN:  # somebody released it while we waited for the account
        return 0
    left = hold.amount - hold.used
    hold.state, hold.closed_at = (HoldState.RELEASED if left else HoldState.USED), stamp.now
    _move(session, hold.account_id, 0, held=-left)
    session.flush()
    return left


def _enter(
    session: Session, stamp: Stamp, *, account_id: int, idempotency_key: str, **values: object
) -> bool:
    """Lock the account, then write an entry unless its key is there already."""
    hold_account(session, account_id)
    if session.scalar(sa.select(sa.exists().where(LedgerEntry.idempotency_key == idempotency_key))):
        return False
    session.connection().execute(
        sa.insert(LedgerEntry).values(
            account_id=account_id,
            idempotency_key=idempotency_key,
            recorded_at=stamp.now,
            actor_id=stamp.actor_id,
            **values,
        )
    )
    return True


def hold_account(session: Session, account_id: int) -> None:
    """Lock an account, so that its movements come one after the other: before campaigns and messages."""
    same = sa.update(SmsAccount).where(SmsAccount.id == account_id).values(balance=SmsAccount.balance)
    rows_changed(session, same)


def _move(session: Session, account_id: int, units: int, *, held: int = 0) -> None:
    """Change balance and held together, if what is then available covers it."""
    moved = rows_changed(
        session,
        sa.update(SmsAccount)
        .where(
            SmsAccount.id == account_id,
            sa.or_(
                sa.literal(units - held >= 0),
                SmsAccount.balance - SmsAccount.held >= held - units,
            ),
        )
        .values(balance=SmsAccount.balance + units, held=SmsAccount.held + held),
    )
    if not moved:
        raise not_enough(session, account_id, held - units)


def _spendable(session: Session, account_id: int, campaign_id: int | None) -> int:
    """What is available, and what the campaign's own hold keeps back; the account is locked."""
    account = session.get_one(SmsAccount, account_id, populate_existing=True)
    hold = _open_hold_of(session, campaign_id) if campaign_id is not None else None
    return account.available + (hold.amount - hold.used if hold else 0)


def _enter_charges(session: Session, account_id: int, fares: Sequence[Fare], stamp: Stamp) -> None:
    rows = [
        {
            "account_id": account_id,
            "kind": EntryKind.CHARGE,
            "amount": -fare.units,
            "idempotency_key": f"charge:{fare.attempt}",
            "recorded_at": stamp.now,
            "message_id": fare.message_id,
            "actor_id": stamp.actor_id,
            "reason": "",
        }
        for fare in fares
    ]
    session.connection().execute(sa.insert(cast("sa.Table", LedgerEntry.__table__)), rows)


def _draw(session: Session, campaign_id: int | None, units: int) -> int:
    """Take what a charge may take from its campaign's hold; the account is locked."""
    hold = _open_hold_of(session, campaign_id) if campaign_id is not None else None
    if hold is None:
        return 0
    drawn = min(units, hold.amount - hold.used)
    hold.used += drawn
    session.flush()
    return drawn


def _open_hold_of(session: Session, campaign_id: int | None) -> Hold | None:
    wanted = sa.select(Hold).where(Hold.campaign_id == campaign_id, Hold.state == HoldState.OPEN)
    return session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
