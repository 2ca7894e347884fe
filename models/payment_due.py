"""Online payments that clients are asked for. (`models.payment` is our own top-up, another thing.)"""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Identified, Model, Timestamped, enum_type
from models.client import Client
from models.repair import Repair


class PaymentDueState(StrEnum):
    DUE = "due"
    PAID = "paid"
    CANCELLED = "cancelled"


class PaymentDue(Identified, Timestamped, Model):
    """``amount`` is gross in 1/10000 PLN; ``pay_url`` is where the client pays."""

    __tablename__ = "payment_due"
    __table_args__ = (
        sa.CheckConstraint("length(trim(number)) > 0", name="has_a_number"),
        sa.CheckConstraint("amount > 0", name="amount_positive"),
        sa.CheckConstraint("(state = 'paid') = (paid_at IS NOT NULL)", name="paid_has_a_time"),
        sa.Index("ix_payment_due_client_id", "client_id"),
        sa.Index("ix_payment_due_repair_id", "repair_id"),
    )

    number: Mapped[str] = mapped_column(sa.String(40), unique=True)
    client_id: Mapped[int] = mapped_column(sa.ForeignKey("client.id"))
    repair_id: Mapped[int | None] = mapped_column(sa.ForeignKey("repair.id"))
    title: Mapped[str] = mapped_column(sa.String(200), default="")
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    due_on: Mapped[date | None]
    pay_url: Mapped[str] = mapped_column(sa.String(500), default="")
    state: Mapped[PaymentDueState] = mapped_column(
        enum_type(PaymentDueState, "state"), default=PaymentDueState.DUE
    )
    paid_at: Mapped[datetime | None]

    client: Mapped[Client] = relationship()
    repair: Mapped[Repair | None] = relationship()

    def __str__(self) -> str:
        return self.number
