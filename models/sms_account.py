"""The prepaid SMS account that texts leave from and that pays for them.

Amounts are whole units of 1/10000 zł (design: idea 5).
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.sending_account import LIMITS_POSITIVE, SendingAccount

LOW_BALANCE = 500_000


class SmsAccount(SendingAccount):
    """``balance`` is what the ledger adds up to, ``held`` what open holds still keep back of it.

    ``sender`` is a sender name of up to eleven characters, which cannot be answered, or a number, which can.
    ``alerted_at``: when its owner was told that money runs low, none once it does not.
    """

    __tablename__ = "sms_account"
    __table_args__ = (
        sa.CheckConstraint("balance >= 0", name="balance_not_negative"),
        sa.CheckConstraint("held BETWEEN 0 AND balance", name="held_is_covered"),
        sa.CheckConstraint("low_balance >= 0", name="low_balance_not_negative"),
        sa.CheckConstraint(LIMITS_POSITIVE, name="limits_positive"),
    )

    name: Mapped[str] = mapped_column(sa.String(160), unique=True)
    balance: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    held: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    low_balance: Mapped[int] = mapped_column(sa.BigInteger, default=LOW_BALANCE)
    alerted_at: Mapped[datetime | None]
    sender: Mapped[str] = mapped_column(sa.String(16), default="")

    def __str__(self) -> str:
        return self.name

    @property
    def available(self) -> int:
        return self.balance - self.held
