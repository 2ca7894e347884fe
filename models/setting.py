"""Settings a person changes in the panel, and the keys an installation makes for itself once."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Identified, Model

SUPPRESSION_KEY = "suppression"
LINK_KEY = "links"
PUSH_KEY = "vapid"


class Setting(Model):
    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    value: Mapped[Any] = mapped_column(sa.JSON)
    updated_at: Mapped[datetime | None]
    updated_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))


class InstallationSecret(Identified, Model):
    """A random key made once by ``db upgrade`` and never rotated: digests already stored depend on it."""

    __tablename__ = "installation_secret"

    name: Mapped[str] = mapped_column(sa.String(40), unique=True)
    value: Mapped[str] = mapped_column(sa.String(64))
    created_at: Mapped[datetime]


class MissingSecret(RuntimeError):
    """The database was not made by ``db upgrade``."""


def secret_of(connection: sa.Connection, name: str) -> bytes:
    """The installation's key of that name, 32 bytes. Cached per connection: it never changes."""
    cached: dict[str, bytes] = connection.info.setdefault("installation_secrets", {})
    if name not in cached:
        value = connection.scalar(sa.select(InstallationSecret.value).where(InstallationSecret.name == name))
        if value is None:
            raise MissingSecret(f"no installation secret {name!r}: run `flask --app app db upgrade`")
        cached[name] = bytes.fromhex(value)
    return cached[name]
