"""Bounces: what came back, what it was taken for, and the block it led to."""

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.bounces import BounceKind
from domain.smtp_replies import BounceVerdict
from models.base import Identified, Model, enum_type
from models.client import Client
from models.message import Message
from models.suppression import Suppression


class Bounce(Identified, Model):
    __tablename__ = "bounce"
    __table_args__ = (
        sa.Index("ix_bounce_address_digest", "address_digest", "received_at"),
        sa.Index("ix_bounce_message_id", "message_id"),
        sa.Index("ix_bounce_client_id", "client_id"),
        sa.Index(
            "ix_bounce_suppression_id",
            "suppression_id",
            sqlite_where=sa.text("suppression_id IS NOT NULL"),
            postgresql_where=sa.text("suppression_id IS NOT NULL"),
        ),
    )

    kind: Mapped[BounceKind] = mapped_column(enum_type(BounceKind, "kind"))
    verdict: Mapped[BounceVerdict] = mapped_column(enum_type(BounceVerdict, "verdict"))
    address: Mapped[str] = mapped_column(sa.String(400), default="")
    address_digest: Mapped[str | None] = mapped_column(sa.String(64))
    status_code: Mapped[str] = mapped_column(sa.String(20), default="")
    diagnostic: Mapped[str] = mapped_column(sa.String(600), default="")
    raw: Mapped[str] = mapped_column(sa.Text, default="")
    received_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))
    handled_at: Mapped[datetime | None]
    message_id: Mapped[int | None] = mapped_column(sa.ForeignKey("message.id"))
    client_id: Mapped[int | None] = mapped_column(sa.ForeignKey("client.id"))
    suppression_id: Mapped[int | None] = mapped_column(sa.ForeignKey("suppression.id"))

    message: Mapped[Message | None] = relationship()
    client: Mapped[Client | None] = relationship()
    suppression: Mapped[Suppression | None] = relationship()
