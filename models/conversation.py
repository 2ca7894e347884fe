"""A thread with one correspondent, across SMS and e-mail."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Identified, Model, Timestamped, enum_type
from models.client import Client
from models.user import User


class ConversationState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class Conversation(Identified, Timestamped, Model):
    __tablename__ = "conversation"
    __table_args__ = (
        sa.CheckConstraint("unread >= 0", name="unread_not_negative"),
        sa.Index("ix_conversation_client_id", "client_id"),
        sa.Index("ix_conversation_address_digest", "address_digest"),
        sa.Index("ix_conversation_last_message_at", "last_message_at"),
    )

    client_id: Mapped[int | None] = mapped_column(sa.ForeignKey("client.id"))
    subject: Mapped[str] = mapped_column(sa.String(400), default="")
    address_digest: Mapped[str | None] = mapped_column(sa.String(64))
    state: Mapped[ConversationState] = mapped_column(
        enum_type(ConversationState, "state"), default=ConversationState.OPEN
    )
    assignee_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    unread: Mapped[int] = mapped_column(default=0)
    last_message_at: Mapped[datetime | None]

    client: Mapped[Client | None] = relationship()
    assignee: Mapped[User | None] = relationship()
