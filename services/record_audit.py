"""Append to the audit: who did what, bound to everything that was recorded before."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, scoped_session

from domain.audit_chain import AuditFacts, detail_digest, entry_digest
from models.audit import AuditDetail, AuditEntry, AuditHead

ROW_PATIENCE = "200ms"


def append_audit(
    session: Session | scoped_session[Any],
    *,
    actor_id: int | None,
    action: str,
    entity: str,
    entity_id: object,
    values: Mapping[str, Any],
    now: datetime,
) -> AuditEntry:
    """Add one entry within the caller's transaction, which commits it together with the change it speaks of.

    ``values`` must be JSON. The chain's head stays locked until the caller commits, so append last. In a
    snapshot it raises OperationalError (SQLSTATE 40001) when anybody appended since: see `hold_chain`.
    """
    salt = secrets.token_hex(16)
    facts = AuditFacts(now, actor_id, action, entity, str(entity_id), detail_digest(salt, values))
    previous = _lock_head(session)
    entry = AuditEntry(
        recorded_at=now,
        actor_id=actor_id,
        action=action,
        entity=entity,
        entity_id=str(entity_id),
        detail_digest=facts.detail_digest,
        previous_digest=previous,
        digest=entry_digest(previous, facts),
        detail=AuditDetail(salt=salt, values=dict(values)),
    )
    session.add(entry)
    session.flush()
    session.execute(sa.update(AuditHead).values(digest=entry.digest))
    return entry


def hold_chain(session: Session) -> None:
    """Let nobody else append until the caller commits. For a snapshot (REPEATABLE READ): call it first.

    PostgreSQL takes the snapshot after LOCK TABLE, so the head in it is the last one. Whoever waits to append
    may hold a row that the caller needs. So that they do not wait for each other, the caller waits for a row
    no longer than ROW_PATIENCE, then OperationalError (SQLSTATE 55P03): well before the server would look for
    a deadlock, and end either of them. On SQLite the only writer holds everything anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("LOCK TABLE audit_head IN SHARE ROW EXCLUSIVE MODE"))
        session.execute(sa.text(f"SET LOCAL lock_timeout = '{ROW_PATIENCE}'"))


def _lock_head(session: Session | scoped_session[Any]) -> str:
    # An UPDATE, not SELECT … FOR UPDATE: SQLite takes its write lock here too, before the digest is read.
    session.execute(sa.update(AuditHead).values(digest=AuditHead.digest))
    return session.execute(sa.select(AuditHead.digest)).scalar_one()
