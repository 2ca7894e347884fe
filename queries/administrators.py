"""Who can let people in."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, scoped_session

from models.user import Role, User, user_role


def other_active_administrators(session: Session | scoped_session[Any], leaving_id: int) -> int:
    """How many active users but this one have a role with the permission to administer."""
    roles = [role.id for role in session.scalars(sa.select(Role)) if "administer" in role.permissions]
    statement = (
        sa.select(sa.func.count(sa.distinct(User.id)))
        .join(user_role, user_role.c.user_id == User.id)
        .where(user_role.c.role_id.in_(roles), User.active, User.id != leaving_id)
    )
    return session.scalar(statement) or 0


def addresses_of_administrators(session: Session) -> list[str]:
    """The e-mail addresses of the active users who may administer, in the order they were added."""
    roles = [role.id for role in session.scalars(sa.select(Role)) if "administer" in role.permissions]
    statement = (
        sa.select(User.email)
        .where(User.active, User.id.in_(sa.select(user_role.c.user_id).where(user_role.c.role_id.in_(roles))))
        .order_by(User.id)
    )
    return list(session.scalars(statement))
