"""Keys of outside systems: made once, shown once, kept as digests, and revoked."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.errors import DomainError
from models.api_token import ApiToken
from services.record_audit import append_audit

EVENTS_WRITE = "events:write"
SCOPES = (EVENTS_WRITE,)
PREFIX = "goniec_"
_BEGINNING = len(PREFIX) + 6
_USED_AGAIN = timedelta(minutes=1)
"""How exactly the last use is known: not a write for each request."""


class TokenNameTaken(DomainError):
    """Parameter: ``name``."""

    message = "There is a key called “%(name)s” already. Choose another name."


class TokenNameMissing(DomainError):
    message = "Give the key a name of at most 120 characters, so that you know it again."


class NoSuchToken(DomainError):
    message = "This key is no longer there, or it is revoked already."


def issue_token(
    session: Session, name: str, scopes: Sequence[str], *, actor_id: int | None, now: datetime
) -> tuple[ApiToken, str]:
    """Make a key; its text (256 random bits) is in the answer and nowhere else. Commits.

    Raises TokenNameMissing, TokenNameTaken, and ValueError for a scope that is none of SCOPES.
    """
    name = name.strip()
    if not 0 < len(name) <= ApiToken.name.type.length:
        raise TokenNameMissing
    if unknown := set(scopes) - set(SCOPES):
        raise ValueError(f"unknown scopes: {sorted(unknown)}")
    if session.scalar(sa.select(sa.exists().where(ApiToken.name == name))):
        raise TokenNameTaken(name=name)
    text = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        name=name,
        digest=_digest(text),
        beginning=text[:_BEGINNING],
        scopes=list(scopes),
        created_at=now,
        created_by_id=actor_id,
    )
    session.add(token)
    session.flush()
    _audit(session, "issue", token, actor_id, now)
    session.commit()
    return token, text


def revoke_token(session: Session, token_id: int, *, actor_id: int | None, now: datetime) -> None:
    """From now on the key opens nothing. Commits. Raises NoSuchToken."""
    token = session.get(ApiToken, token_id)
    if token is None or token.revoked_at is not None:
        raise NoSuchToken
    token.revoked_at = now
    session.flush()
    _audit(session, "revoke", token, actor_id, now)
    session.commit()


def token_of(session: Session, text: str, now: datetime) -> ApiToken | None:
    """The key behind a text, unless it is unknown or revoked; notes that it was used. Commits."""
    token = session.scalars(
        sa.select(ApiToken).where(ApiToken.digest == _digest(text), ApiToken.revoked_at.is_(None))
    ).one_or_none()
    if token is None:
        return None
    if token.last_used_at is None or now - token.last_used_at > _USED_AGAIN:
        token.last_used_at = now
        session.commit()
    return token


def _digest(text: str) -> str:
    # The text is 256 random bits: nothing could guess it faster than this hash is computed.
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _audit(session: Session, action: str, token: ApiToken, actor_id: int | None, now: datetime) -> None:
    append_audit(
        session,
        actor_id=actor_id,
        action=action,
        entity=ApiToken.__tablename__,
        entity_id=token.id,
        values={"name": token.name, "scopes": list(token.scopes)},
        now=now,
    )
