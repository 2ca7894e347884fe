"""People who log in, and what their role lets them do."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Identified, Model, Timestamped, db

user_role = sa.Table(
    "user_role",
    db.metadata,
    sa.Column("user_id", sa.ForeignKey("user.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("role_id", sa.ForeignKey("role.id", ondelete="CASCADE"), primary_key=True),
)


class Role(Identified, Model):
    __tablename__ = "role"

    name: Mapped[str] = mapped_column(sa.String(40), unique=True)
    description: Mapped[str] = mapped_column(sa.String(200), default="")
    permissions: Mapped[list[str]] = mapped_column(default=list)
    users: Mapped[list["User"]] = relationship(secondary=user_role, back_populates="roles")

    def __str__(self) -> str:
        return self.name

    def get_permissions(self) -> set[str]:
        """What Flask-Security asks a role for."""
        return set(self.permissions)


class User(Identified, Timestamped, Model):
    __tablename__ = "user"

    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120), default="")
    password: Mapped[str | None] = mapped_column(sa.String(255))
    active: Mapped[bool] = mapped_column(default=True)
    locale: Mapped[str | None] = mapped_column(sa.String(5))
    fs_uniquifier: Mapped[str] = mapped_column(sa.String(64), unique=True)
    confirmed_at: Mapped[datetime | None]
    last_login_at: Mapped[datetime | None]
    current_login_at: Mapped[datetime | None]
    last_login_ip: Mapped[str | None] = mapped_column(sa.String(64))
    current_login_ip: Mapped[str | None] = mapped_column(sa.String(64))
    login_count: Mapped[int] = mapped_column(default=0)
    tf_primary_method: Mapped[str | None] = mapped_column(sa.String(64))
    tf_totp_secret: Mapped[str | None] = mapped_column(sa.String(255))
    roles: Mapped[list[Role]] = relationship(secondary=user_role, back_populates="users", lazy="selectin")

    def __str__(self) -> str:
        return self.name or self.email
