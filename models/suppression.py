"""The only place a block lives. Keyed by a digest, so that it outlives the erasure of the client."""

from datetime import UTC, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.channel import Channel
from models.base import Identified, Model, enum_type
from models.user import User


class SuppressionReason(StrEnum):
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    MANUAL = "manual"


class Suppression(Identified, Model):
    __tablename__ = "suppression"
    __table_args__ = (
        sa.CheckConstraint("length(address_digest) = 64", name="digest_length"),
        sa.CheckConstraint("(lifted_at IS NULL) = (lift_note IS NULL)", name="lifted_with_a_note"),
        sa.Index(
            "uq_suppression_active",
            "channel",
            "address_digest",
            unique=True,
            sqlite_where=sa.text("lifted_at IS NULL"),
            postgresql_where=sa.text("lifted_at IS NULL"),
        ),
    )

    channel: Mapped[Channel] = mapped_column(enum_type(Channel, "channel"))
    address_digest: Mapped[str] = mapped_column(sa.String(64))
    reason: Mapped[SuppressionReason] = mapped_column(enum_type(SuppressionReason, "reason"))
    source: Mapped[str] = mapped_column(sa.String(60))
    detail: Mapped[str] = mapped_column(sa.String(500), default="")
    created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    lifted_at: Mapped[datetime | None]
    lifted_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    lift_note: Mapped[str | None] = mapped_column(sa.String(500))

    created_by: Mapped[User | None] = relationship(foreign_keys=[created_by_id])
    lifted_by: Mapped[User | None] = relationship(foreign_keys=[lifted_by_id])
