"""Payments, their invoices and their ledger entries, looked up one at a time."""

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from models.invoice import Invoice
from models.ledger import EntryKind, LedgerEntry
from models.payment import Payment


def payment_of(session: Session, uuid: str) -> Payment | None:
    """The payment with our reference."""
    return session.scalars(sa.select(Payment).where(Payment.uuid == uuid)).one_or_none()


def invoice_of(session: Session, payment_id: int) -> Invoice | None:
    """The invoice issued for a payment, when it has been paid."""
    return session.scalars(sa.select(Invoice).where(Invoice.payment_id == payment_id)).one_or_none()


def entry_to_take_back(session: Session, payment_id: int) -> LedgerEntry | None:
    """The ledger entry of a payment, unless there is none or it has been reversed."""
    reversal = aliased(LedgerEntry)
    standing = sa.select(LedgerEntry).where(
        LedgerEntry.payment_id == payment_id,
        LedgerEntry.kind == EntryKind.TOP_UP,
        ~sa.exists().where(reversal.reverses_id == LedgerEntry.id),
    )
    return session.scalars(standing).one_or_none()
