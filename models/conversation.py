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
    """``awaits_answer``: the last word is the correspondent's. ``topic``: the record whose notifications it
    holds, such as ``repair:12``.
    """

    __tablename__ = "conversation"
    __table_args__ = (
        sa.CheckConstraint("unread >= 0", name="unread_not_negative"),
        sa.Index("ix_conversation_client_id", "client_id"),
        sa.Index("ix_conversation_address_digest", "address_digest"),
        sa.Index("ix_conversation_last_message_at", "last_message_at"),
        sa.Index("uq_conversation_topic", "topic", unique=True),
    )

    client_id: Mapped[int | None] = mapped_column(sa.ForeignKey("client.id"))
    subject: Mapped[str] = mapped_column(sa.String(400), default="")
    address_digest: Mapped[str | None] = mapped_column(sa.String(64))
    topic: Mapped[str | None] = mapped_column(sa.String(60))
    state: Mapped[ConversationState] = mapped_column(
        enum_type(ConversationState, "state"), default=ConversationState.OPEN
    )
    assignee_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    unread: Mapped[int] = mapped_column(default=0)
    awaits_answer: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    last_message_at: Mapped[datetime | None]

    client: Mapped[Client | None] = relationship()
    assignee: Mapped[User | None] = relationship()
