"""The gateways that carry texts, in the order in which they are tried."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Identified, Model, Timestamped, enum_type
from models.encrypted import EncryptedText


class GatewayKind(StrEnum):
    SMSAPI = "smsapi"
    KANNEL = "kannel"
    SMPP = "smpp"
    SANDBOX = "sandbox"


class SmsGateway(Identified, Timestamped, Model):
    """One way out. The lowest ``priority`` is tried first; one that is ``held_until`` later is passed over.

    ``callback_secret`` is the secret part of the address it reports to, ``allowed_addresses`` the networks it
    may report from (CIDR, separated by commas; empty: any).
    """

    __tablename__ = "sms_gateway"
    __table_args__ = (
        sa.CheckConstraint("length(callback_secret) >= 32", name="callback_secret_long"),
        sa.CheckConstraint("kind = 'sandbox' OR length(address) > 0", name="has_an_address"),
    )

    name: Mapped[str] = mapped_column(sa.String(120), unique=True)
    kind: Mapped[GatewayKind] = mapped_column(enum_type(GatewayKind, "kind"))
    priority: Mapped[int] = mapped_column(default=10)
    address: Mapped[str] = mapped_column(sa.String(300), default="")
    username: Mapped[str] = mapped_column(sa.String(120), default="")
    password: Mapped[str | None] = mapped_column(EncryptedText)
    callback_secret: Mapped[str] = mapped_column(sa.String(64), unique=True)
    allowed_addresses: Mapped[str] = mapped_column(sa.String(600), default="")
    is_active: Mapped[bool] = mapped_column(default=True)
    failures_in_a_row: Mapped[int] = mapped_column(default=0)
    held_until: Mapped[datetime | None]
    last_failure: Mapped[str] = mapped_column(sa.String(600), default="")

    def __str__(self) -> str:
        return self.name
