"""The append-only ledger an SMS account's balance is the sum of, and what is held back of it.

Amounts are whole units of 1/10000 zł (design: idea 5).
"""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Identified, Model, enum_type
from models.campaign import Campaign
from models.message import Message
from models.payment import Payment
from models.sms_account import SmsAccount
from models.user import User


class EntryKind(StrEnum):
    TOP_UP = "top_up"
    CHARGE = "charge"
    REFUND = "refund"
    REVERSAL = "reversal"


class LedgerEntry(Identified, Model):
    """One movement of money. Append-only; nothing but a verified payment adds money of its own."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        sa.CheckConstraint(
            "CASE kind WHEN 'top_up' THEN amount > 0 AND payment_id IS NOT NULL"
            " WHEN 'charge' THEN amount < 0 AND message_id IS NOT NULL"
            " WHEN 'refund' THEN amount > 0 AND message_id IS NOT NULL AND reverses_id IS NOT NULL"
            " ELSE amount <> 0 AND reverses_id IS NOT NULL AND length(reason) > 0 END",
            name="each_kind_has_its_ground",
        ),
        sa.Index("ix_ledger_entry_account_id", "account_id", "id"),
        sa.Index("ix_ledger_entry_message_id", "message_id"),
        sa.Index("ix_ledger_entry_payment_id", "payment_id"),
    )

    account_id: Mapped[int] = mapped_column(sa.ForeignKey("sms_account.id"))
    kind: Mapped[EntryKind] = mapped_column(enum_type(EntryKind, "kind"))
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    idempotency_key: Mapped[str] = mapped_column(sa.String(120), unique=True)
    recorded_at: Mapped[datetime]
    message_id: Mapped[int | None] = mapped_column(sa.ForeignKey("message.id"))
    payment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("payment.id"))
    reverses_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ledger_entry.id"), unique=True)
    reason: Mapped[str] = mapped_column(sa.String(300), default="")
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))

    account: Mapped[SmsAccount] = relationship()
    message: Mapped[Message | None] = relationship()
    payment: Mapped[Payment | None] = relationship()
    actor: Mapped[User | None] = relationship()


class HoldState(StrEnum):
    OPEN = "open"
    USED = "used"
    RELEASED = "released"


class Hold(Identified, Model):
    """What an approved campaign's quote keeps back until it is charged or released; no ledger entry."""

    __tablename__ = "sms_hold"
    __table_args__ = (
        sa.CheckConstraint("used BETWEEN 0 AND amount", name="used_is_held"),
        sa.CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="open_has_no_end"),
    )

    account_id: Mapped[int] = mapped_column(sa.ForeignKey("sms_account.id"))
    campaign_id: Mapped[int] = mapped_column(sa.ForeignKey("campaign.id"), unique=True)
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    used: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    state: Mapped[HoldState] = mapped_column(enum_type(HoldState, "state"), default=HoldState.OPEN)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    account: Mapped[SmsAccount] = relationship()
    campaign: Mapped[Campaign] = relationship()
