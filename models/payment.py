"""Top-ups of the SMS account: what was asked of a payment gateway and what it said since."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.payments import LARGEST_TOP_UP, SMALLEST_TOP_UP, PaymentStatus
from models.base import Identified, Model, enum_type
from models.user import User


class PaymentGateway(StrEnum):
    PAYU = "payu"
    STRIPE = "stripe"
    PRZELEWY24 = "przelewy24"
    SANDBOX = "sandbox"


class Payment(Identified, Model):
    """One top-up. ``uuid`` is our own reference, which the gateway repeats; ``amount`` is in grosze."""

    __tablename__ = "payment"
    __table_args__ = (
        sa.CheckConstraint(
            f"amount BETWEEN {SMALLEST_TOP_UP} AND {LARGEST_TOP_UP}", name="amount_within_limits"
        ),
        sa.CheckConstraint("currency = 'PLN'", name="currency_is_zloty"),
        sa.CheckConstraint("(status = 'paid') = (paid_at IS NOT NULL)", name="paid_has_a_time"),
        sa.Index(
            "uq_payment_gateway_reference",
            "gateway",
            "reference",
            unique=True,
            sqlite_where=sa.text("reference <> ''"),
            postgresql_where=sa.text("reference <> ''"),
        ),
        sa.Index("ix_payment_status_created_at", "status", "created_at"),
    )

    uuid: Mapped[str] = mapped_column(sa.String(36), unique=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("sms_account.id"))
    gateway: Mapped[PaymentGateway] = mapped_column(enum_type(PaymentGateway, "gateway"))
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3), default="PLN")
    status: Mapped[PaymentStatus] = mapped_column(
        enum_type(PaymentStatus, "status"), default=PaymentStatus.CREATED
    )
    reference: Mapped[str] = mapped_column(sa.String(120), default="")
    redirect_url: Mapped[str] = mapped_column(sa.String(2000), default="")
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    paid_at: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]

    created_by: Mapped[User | None] = relationship()
    news: Mapped[list["PaymentNews"]] = relationship(
        back_populates="payment", order_by="PaymentNews.id", passive_deletes="all"
    )

    def __str__(self) -> str:
        return f"#{self.id}"


class NewsSource(StrEnum):
    NOTIFICATION = "notification"
    QUERY = "query"


class PaymentNews(Identified, Model):
    """What a gateway said about a payment and could prove to have said. Append-only."""

    __tablename__ = "payment_news"
    __table_args__ = (sa.Index("ix_payment_news_payment_id", "payment_id", "id"),)

    payment_id: Mapped[int] = mapped_column(sa.ForeignKey("payment.id"))
    source: Mapped[NewsSource] = mapped_column(enum_type(NewsSource, "source"))
    received_at: Mapped[datetime]
    said: Mapped[str] = mapped_column(sa.String(40))
    effect: Mapped[str] = mapped_column(sa.String(40))
    detail: Mapped[dict[str, Any]]

    payment: Mapped[Payment] = relationship(back_populates="news")
