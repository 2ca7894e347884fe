"""VAT invoices: numbered without a gap, and never changed or deleted, in the database as well."""

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Identified, Model, enum_type
from models.payment import Payment

if TYPE_CHECKING:
    from models.ksef import KsefSubmission


class InvoiceKind(StrEnum):
    """The kinds of FA(3)'s RodzajFaktury that a top-up can have."""

    VAT = "VAT"
    ADVANCE = "ZAL"
    CORRECTION = "KOR"


class InvoiceSeries(Identified, Model):
    """The last number given in a series and year; its row is locked until the invoice is there too."""

    __tablename__ = "invoice_series"
    __table_args__ = (
        sa.UniqueConstraint("name", "year"),
        sa.CheckConstraint("last_number >= 0", name="last_number_not_negative"),
    )

    name: Mapped[str] = mapped_column(sa.String(20))
    year: Mapped[int]
    last_number: Mapped[int] = mapped_column(default=0)


class Invoice(Identified, Model):
    """An issued invoice with everything on it as it was that day; amounts in grosze (art. 106e ust. 1)."""

    __tablename__ = "invoice"
    __table_args__ = (
        sa.UniqueConstraint("series", "year", "sequence"),
        sa.CheckConstraint("net + tax = gross", name="adds_up"),
        sa.CheckConstraint("sequence >= 1", name="sequence_positive"),
        sa.CheckConstraint("(kind = 'KOR') = (corrects_id IS NOT NULL)", name="a_correction_corrects"),
        sa.Index("ix_invoice_issued_on", "issued_on"),
    )

    number: Mapped[str] = mapped_column(sa.String(60), unique=True)
    series: Mapped[str] = mapped_column(sa.String(20))
    year: Mapped[int]
    sequence: Mapped[int]
    kind: Mapped[InvoiceKind] = mapped_column(enum_type(InvoiceKind, "kind"))
    payment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("payment.id"), unique=True)
    corrects_id: Mapped[int | None] = mapped_column(sa.ForeignKey("invoice.id"))
    reason: Mapped[str] = mapped_column(sa.String(300), default="")
    issued_on: Mapped[date]
    paid_on: Mapped[date]
    seller: Mapped[dict[str, Any]]
    buyer: Mapped[dict[str, Any]]
    item: Mapped[str] = mapped_column(sa.String(300))
    vat_rate: Mapped[int]
    net: Mapped[int] = mapped_column(sa.BigInteger)
    tax: Mapped[int] = mapped_column(sa.BigInteger)
    gross: Mapped[int] = mapped_column(sa.BigInteger)
    created_at: Mapped[datetime]

    payment: Mapped[Payment | None] = relationship()
    corrects: Mapped["Invoice | None"] = relationship(remote_side="Invoice.id")
    ksef: Mapped["KsefSubmission | None"] = relationship(back_populates="invoice")

    def __str__(self) -> str:
        return self.number
