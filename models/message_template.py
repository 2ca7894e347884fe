"""Texts staff write once and use often. (`templates/` holds the panel's Jinja pages, another thing.)"""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.channel import Channel, Purpose
from models.base import Identified, Model, Timestamped, enum_type
from models.user import User


class MessageTemplate(Identified, Timestamped, Model):
    """``strip_letters``: whether an SMS leaves without Polish letters; none: as the settings say."""

    __tablename__ = "message_template"
    __table_args__ = (
        sa.CheckConstraint("length(trim(name)) > 0", name="has_a_name"),
        sa.CheckConstraint("channel <> 'email' OR length(trim(subject)) > 0", name="email_has_a_subject"),
    )

    name: Mapped[str] = mapped_column(sa.String(160), unique=True)
    channel: Mapped[Channel] = mapped_column(enum_type(Channel, "channel"), default=Channel.EMAIL)
    purpose: Mapped[Purpose] = mapped_column(enum_type(Purpose, "purpose"), default=Purpose.MARKETING)
    subject: Mapped[str] = mapped_column(sa.String(400), default="")
    body: Mapped[str] = mapped_column(sa.Text)
    strip_letters: Mapped[bool | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    updated_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))

    updated_by: Mapped[User | None] = relationship()

    def __str__(self) -> str:
        return self.name
