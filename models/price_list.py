"""What one SMS part costs, by the number it goes to and the day."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Identified, Model, Timestamped


class SmsPrice(Identified, Timestamped, Model):
    """A gross price per part, in 1/10000 zł: for numbers that begin with ``prefix`` (digits after the +), or
    that were given to ``operator`` (see `services.mobile_operators`), or with neither for every number.

    Of those in force the narrowest counts: see `domain.tariff`. ``valid_until`` is the last day, none for no
    end.
    """

    __tablename__ = "sms_price"
    __table_args__ = (
        sa.UniqueConstraint("prefix", "operator", "valid_from"),
        sa.CheckConstraint("prefix = '' OR operator = ''", name="prefix_or_operator"),
        sa.CheckConstraint("gross_per_part > 0", name="price_positive"),
        sa.CheckConstraint("vat_rate BETWEEN 0 AND 100", name="vat_rate_percent"),
        sa.CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="validity_in_order"),
    )

    name: Mapped[str] = mapped_column(sa.String(120))
    prefix: Mapped[str] = mapped_column(sa.String(15), default="")
    operator: Mapped[str] = mapped_column(sa.String(120), default="", server_default="")
    gross_per_part: Mapped[int] = mapped_column(sa.BigInteger)
    vat_rate: Mapped[int] = mapped_column(default=23)
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]

    def __str__(self) -> str:
        return self.name
