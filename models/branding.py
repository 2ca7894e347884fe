"""How our e-mails look: every change is a version of its own, and the newest is in force."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Identified, Model
from models.user import User


class BrandingVersion(Identified, Model):
    """Rows are only added: a message sent years ago names the logo of its day.

    The logo's bytes lie in the file store under ``logo_uuid``; ``logo_url`` is where everybody finds them.
    ``logo_width`` and ``logo_height``: its size on the screen in CSS pixels.
    """

    __tablename__ = "branding_version"
    __table_args__ = (
        sa.CheckConstraint(
            "(logo_uuid IS NULL) = (logo_width IS NULL) AND (logo_uuid IS NULL) = (logo_height IS NULL)",
            name="logo_has_a_size",
        ),
        sa.CheckConstraint("(logo_uuid IS NULL) = (logo_url = '')", name="logo_has_an_address"),
        sa.CheckConstraint("length(colour) IN (0, 7) AND length(link_colour) IN (0, 7)", name="colours"),
        sa.Index("ix_branding_version_logo_uuid", "logo_uuid"),
    )

    colour: Mapped[str] = mapped_column(sa.String(7), default="")
    link_colour: Mapped[str] = mapped_column(sa.String(7), default="")
    footer_html: Mapped[str] = mapped_column(sa.Text, default="")
    logo_uuid: Mapped[str | None] = mapped_column(sa.String(36))
    logo_type: Mapped[str] = mapped_column(sa.String(20), default="")
    logo_url: Mapped[str] = mapped_column(sa.String(600), default="")
    logo_width: Mapped[int | None]
    logo_height: Mapped[int | None]
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))

    created_by: Mapped[User | None] = relationship()
