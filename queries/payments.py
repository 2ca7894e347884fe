"""Payments and their invoices, looked up one at a time."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.invoice import Invoice
from models.payment import Payment


def payment_of(session: Session, uuid: str) -> Payment | None:
    """The payment with our reference."""
    return session.scalars(sa.select(Payment).where(Payment.uuid == uuid)).one_or_none()


def invoice_of(session: Session, payment_id: int) -> Invoice | None:
    """The invoice issued for a payment, when it has been paid."""
    return session.scalars(sa.select(Invoice).where(Invoice.payment_id == payment_id)).one_or_none()
