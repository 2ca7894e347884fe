"""Who did what. The chain holds digests; personal values sit beside it and can be erased."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Identified, Model
from models.user import User


class AuditEntry(Identified, Model):
    """Append-only: the database refuses to change or delete it.

    ``digest`` is SHA-256 over the previous entry's digest and this one's facts, so that a gap shows.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        sa.CheckConstraint("length(digest) = 64 AND length(previous_digest) = 64", name="digest_length"),
        sa.Index("ix_audit_entry_entity_entity_id", "entity", "entity_id"),
        sa.Index("ix_audit_entry_recorded_at", "recorded_at"),
    )

    recorded_at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    action: Mapped[str] = mapped_column(sa.String(60))
    entity: Mapped[str] = mapped_column(sa.String(60))
    entity_id: Mapped[str] = mapped_column(sa.String(60), default="")
    detail_digest: Mapped[str] = mapped_column(sa.String(64))
    previous_digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)

    actor: Mapped[User | None] = relationship()
    detail: Mapped["AuditDetail | None"] = relationship(back_populates="entry")


class AuditDetail(Model):
    """The values behind an entry; erasable, proven by the entry's ``detail_digest`` while they are there."""

    __tablename__ = "audit_detail"

    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("audit_entry.id"), primary_key=True)
    salt: Mapped[str] = mapped_column(sa.String(32))
    values: Mapped[dict[str, Any]]

    entry: Mapped[AuditEntry] = relationship(back_populates="detail")


class AuditHead(Model):
    """The end of the chain: one row, locked while an entry is appended."""

    __tablename__ = "audit_head"
    __table_args__ = (sa.CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(sa.String(64))
