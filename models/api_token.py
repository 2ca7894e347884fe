"""Keys of outside systems to the API: only a digest is kept."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Identified, Model
from models.user import User


class ApiToken(Identified, Model):
    """``digest`` is the SHA-256 of a random token shown once; ``beginning`` is how a person tells it apart;
    ``scopes`` is what it opens, e.g. ``events:write``.
    """

    __tablename__ = "api_token"
    __table_args__ = (sa.CheckConstraint("length(digest) = 64", name="digest_length"),)

    name: Mapped[str] = mapped_column(sa.String(120), unique=True)
    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    beginning: Mapped[str] = mapped_column(sa.String(16))
    scopes: Mapped[list[str]]
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    created_by: Mapped[User | None] = relationship()

    def __str__(self) -> str:
        return self.name
