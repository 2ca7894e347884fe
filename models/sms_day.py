"""What SMS cost, added up by day: the report reads these rows, not the messages."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Identified, Model


class SmsDay(Identified, Model):
    """One day's charged messages of one sender and one campaign or other origin; ``cost`` in 1/10000 zł.

    Kept in the transaction that charges or refunds a message, by the day of its charge (Europe/Warsaw).
    ``origin``: what `queries.counted_as` says of a message, of a notification the kind of its event.
    ``campaign_id`` is 0 where there is none: a NULL would not be unique.
    """

    __tablename__ = "sms_day"
    __table_args__ = (
        sa.UniqueConstraint("day", "account_id", "sender", "origin", "campaign_id"),
        sa.CheckConstraint("messages >= 0 AND parts >= 0 AND cost >= 0", name="not_negative"),
    )

    day: Mapped[date]
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("sms_account.id"))
    sender: Mapped[str] = mapped_column(sa.String(16))
    origin: Mapped[str] = mapped_column(sa.String(24))
    campaign_id: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    messages: Mapped[int] = mapped_column(sa.BigInteger)
    parts: Mapped[int] = mapped_column(sa.BigInteger)
    cost: Mapped[int] = mapped_column(sa.BigInteger)
