"""Consents a client was asked to confirm from their own address (double opt-in)."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.channel import Channel
from models.base import Identified, Model, enum_type
from models.client import Client
from models.consent import ConsentDefinition, ConsentEvent, ConsentWording


class ConsentRequest(Identified, Model):
    """A question sent to one address; its signed link, followed before ``expires_at``, is the answer."""

    __tablename__ = "consent_request"
    __table_args__ = (
        sa.CheckConstraint("(answered_at IS NULL) = (event_id IS NULL)", name="answered_by_an_event"),
        sa.Index("ix_consent_request_client_id", "client_id", "definition_id"),
    )

    client_id: Mapped[int] = mapped_column(sa.ForeignKey("client.id"))
    definition_id: Mapped[int] = mapped_column(sa.ForeignKey("consent_definition.id"))
    wording_id: Mapped[int] = mapped_column(sa.ForeignKey("consent_wording.id"))
    channel: Mapped[Channel] = mapped_column(enum_type(Channel, "channel"))
    address_digest: Mapped[str] = mapped_column(sa.String(64))
    message_id: Mapped[int | None] = mapped_column(sa.ForeignKey("message.id"))
    requested_at: Mapped[datetime]
    requested_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    expires_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    event_id: Mapped[int | None] = mapped_column(sa.ForeignKey("consent_event.id"))

    client: Mapped[Client] = relationship()
    definition: Mapped[ConsentDefinition] = relationship()
    wording: Mapped[ConsentWording] = relationship()
    event: Mapped[ConsentEvent | None] = relationship()
