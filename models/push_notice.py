"""What browsers are still to be told of: each row waits until the push service has taken it."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Identified, Model
from models.conversation import Conversation
from models.push_subscription import PushSubscription


class PushNotice(Identified, Model):
    """A browser and a conversation with something new in it; gone once told or given up.

    ``due_at``: when to try. A worker that tries moves it on, which is its claim: see `services.send_pushes`.
    """

    __tablename__ = "push_notice"
    __table_args__ = (
        sa.UniqueConstraint("subscription_id", "conversation_id"),
        sa.CheckConstraint("failures >= 0", name="failures_not_negative"),
        sa.Index("ix_push_notice_due_at", "due_at"),
    )

    subscription_id: Mapped[int] = mapped_column(sa.ForeignKey("push_subscription.id", ondelete="CASCADE"))
    conversation_id: Mapped[int] = mapped_column(sa.ForeignKey("conversation.id", ondelete="CASCADE"))
    failures: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]

    subscription: Mapped[PushSubscription] = relationship()
    conversation: Mapped[Conversation] = relationship()
