"""The prepaid account's money: every movement is one append-only entry, and the balance is their sum.

Nothing here commits. Amounts are whole units of 1/10000 PLN. Each function locks the account's row, so that
movements of one account happen one after the other; the balance never falls below zero.
"""

from dataclasses import dataclass
from datetime import datetime

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


def charge(
    session: Session,
    account_id: int,
    *,
    message_id: int,
    attempt: str,
    units: int,
    campaign_id: int | None,
    stamp: Stamp,
) -> bool:
    """Charge one message before it is handed to a gateway; False when this attempt has been charged before.

    What a campaign's open hold keeps back is drawn first, the rest comes from what is available. Raises
    NotEnoughMoney: roll back then.
    """
    entered = _enter(
        session,
        stamp,
        account_id=account_id,
        kind=EntryKind.CHARGE,
        amount=-units,
        idempotency_key=f"charge:{attempt}",
        message_id=message_id,
    )
    if entered:
        _move(session, account_id, -units, held=-_draw(session, campaign_id, units))
    return entered


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
    _lock(session, entry.account_id)
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
    _lock(session, hold.account_id)
    session.refresh(hold, with_for_update=True)
    left = hold.amount - hold.used
    hold.state, hold.closed_at = (HoldState.RELEASED if left else HoldState.USED), stamp.now
    _move(session, hold.account_id, 0, held=-left)
    session.flush()
    return left


def _enter(
    session: Session, stamp: Stamp, *, account_id: int, idempotency_key: str, **values: object
) -> bool:
    """Lock the account, then write an entry unless its key is there already."""
    _lock(session, account_id)
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


def _lock(session: Session, account_id: int) -> None:
    rows_changed(
        session,
        sa.update(SmsAccount).where(SmsAccount.id == account_id).values(balance=SmsAccount.balance),
    )


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
        account = session.get_one(SmsAccount, account_id, populate_existing=True)
        raise NotEnoughMoney(needed=in_zloty(held - units), available=in_zloty(account.available))


def _draw(session: Session, campaign_id: int | None, units: int) -> int:
    """Take what a charge may take from its campaign's hold; the account is locked."""
    hold = _open_hold_of(session, campaign_id) if campaign_id is not None else None
    if hold is None:
        return 0
    session.refresh(hold, with_for_update=True)
    drawn = min(units, hold.amount - hold.used)
    hold.used += drawn
    session.flush()
    return drawn


def _open_hold_of(session: Session, campaign_id: int | None) -> Hold | None:
    return session.scalars(
        sa.select(Hold).where(Hold.campaign_id == campaign_id, Hold.state == HoldState.OPEN)
    ).one_or_none()
