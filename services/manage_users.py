"""Make a user, and give one a new password."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from argon2 import PasswordHasher
from sqlalchemy.orm import Session, scoped_session

from domain.errors import DomainError
from domain.passwords import check_password
from models.user import Role, User
from services.record_audit import append_audit


class UserExists(DomainError):
    """Parameter: ``email``."""

    message = "There is a user with the e-mail address %(email)s already."


class NoSuchRole(DomainError):
    """Parameters: ``role``, ``roles``."""

    message = "There is no role %(role)s. Choose one of: %(roles)s."


def create_user(
    session: Session | scoped_session[Any],
    *,
    email: str,
    name: str,
    role: str,
    password: str,
    now: datetime,
    actor_id: int | None = None,
) -> User:
    """Make an active user with one role, audit and commit. Needs no SECRET_KEY.

    Raises PasswordTooWeak, UserExists and NoSuchRole.
    """
    email = email.strip().lower()
    check_password(password, email)
    roles = {found.name: found for found in session.scalars(sa.select(Role))}
    if role not in roles:
        raise NoSuchRole(role=role, roles=", ".join(sorted(roles)))
    if session.scalar(sa.select(User.id).where(User.email == email)) is not None:
        raise UserExists(email=email)
    user = User(email=email, name=name.strip(), active=True, fs_uniquifier=uuid4().hex, roles=[roles[role]])
    user.password = hash_password(password)
    session.add(user)
    session.flush()
    _audit(session, user, "create", {"email": email, "roles": [role]}, actor_id, now)
    session.commit()
    return user


def set_password(
    session: Session | scoped_session[Any],
    *,
    user: User,
    password: str,
    now: datetime,
    actor_id: int | None,
) -> None:
    """Replace the password and end the user's sessions everywhere, in the caller's transaction.

    Raises PasswordTooWeak.
    """
    check_password(password, user.email)
    user.password = hash_password(password)
    user.fs_uniquifier = uuid4().hex
    session.flush()
    _audit(session, user, "set_password", {}, actor_id, now)


def hash_password(password: str) -> str:
    """Argon2id with the library's current parameters (RFC 9106)."""
    return PasswordHasher().hash(password)


def _audit(
    session: Session | scoped_session[Any],
    user: User,
    action: str,
    values: dict[str, object],
    actor_id: int | None,
    now: datetime,
) -> None:
    append_audit(
        session,
        actor_id=actor_id,
        action=action,
        entity="user",
        entity_id=user.id,
        values=values,
        now=now,
    )
