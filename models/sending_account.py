"""What every account that messages leave from has in common: its limits and its own back-off."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Identified, Model, Timestamped

LIMITS_POSITIVE = "coalesce(per_minute, 1) > 0 AND coalesce(per_hour, 1) > 0 AND coalesce(per_day, 1) > 0"


class SendingAccount(Identified, Timestamped, Model):
    """``held_until`` is the account's back-off after failures that concern no message, ``failing_since`` the
    first of those failures in a row.
    """

    __abstract__ = True

    is_active: Mapped[bool] = mapped_column(default=True)
    per_minute: Mapped[int | None]
    per_hour: Mapped[int | None]
    per_day: Mapped[int | None]
    failures_in_a_row: Mapped[int] = mapped_column(default=0)
    held_until: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    last_failure: Mapped[str] = mapped_column(sa.String(600), default="")
