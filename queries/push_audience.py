"""Whose browsers are told of a conversation."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.conversation import Conversation
from models.push_subscription import PushSubscription
from models.user import Role, User, user_role


def browsers_to_tell(session: Session, conversation_id: int) -> list[int]:
    """The subscriptions of the person it is assigned to, if that person may read and has any; else of all who
    may read.
    """
    subscribed = session.execute(
        sa.select(PushSubscription.id, PushSubscription.user_id)
        .where(PushSubscription.user_id.in_(readers(session)))
        .order_by(PushSubscription.id)
    ).all()
    assignee_id = session.scalar(
        sa.select(Conversation.assignee_id).where(Conversation.id == conversation_id)
    )
    own = [number for number, user_id in subscribed if user_id == assignee_id]
    return own or [number for number, _user_id in subscribed]


def readers(session: Session) -> sa.Select[int]:
    """The ids of active users who may see conversations."""
    roles = [role.id for role in session.scalars(sa.select(Role)) if "read" in role.permissions]
    return sa.select(User.id).where(
        User.active, User.id.in_(sa.select(user_role.c.user_id).where(user_role.c.role_id.in_(roles)))
    )
