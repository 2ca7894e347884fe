"""Browsers that asked to be told of new messages (Web Push, RFC 8030)."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Identified, Model
from models.user import User


class PushSubscription(Identified, Model):
    """``p256dh`` and ``auth`` are the browser's keys (RFC 8291), base64url."""

    __tablename__ = "push_subscription"
    __table_args__ = (sa.Index("ix_push_subscription_user_id", "user_id"),)

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"))
    endpoint: Mapped[str] = mapped_column(sa.String(800), unique=True)
    p256dh: Mapped[str] = mapped_column(sa.String(120))
    auth: Mapped[str] = mapped_column(sa.String(60))
    browser: Mapped[str] = mapped_column(sa.String(200), default="")
    created_at: Mapped[datetime]

    user: Mapped[User] = relationship()
