"""Whether the audit is whole: nothing changed, removed or put in between."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, scoped_session

from domain.audit_chain import FIRST, AuditFacts, detail_digest, entry_digest
from models.audit import AuditEntry, AuditHead

ROWS_AT_A_TIME = 1000


def first_broken_entry(session: Session | scoped_session[Any]) -> int | None:
    """The id of the first entry that does not fit the chain; 0 when its end is missing; none when it holds.

    Values that were erased are not missed: their digest stays. Reads the whole audit, in batches.
    """
    previous = FIRST
    entries = session.scalars(
        sa.select(AuditEntry)
        .options(joinedload(AuditEntry.detail))
        .order_by(AuditEntry.id)
        .execution_options(yield_per=ROWS_AT_A_TIME, populate_existing=True)
    )
    for entry in entries:
        if entry.previous_digest != previous or entry.digest != entry_digest(previous, _facts(entry)):
            return entry.id
        detail = entry.detail
        if detail is not None and entry.detail_digest != detail_digest(detail.salt, detail.values):
            return entry.id
        previous = entry.digest
    head = session.scalar(sa.select(AuditHead.digest))
    return None if head == previous else 0


def _facts(entry: AuditEntry) -> AuditFacts:
    return AuditFacts(
        entry.recorded_at, entry.actor_id, entry.action, entry.entity, entry.entity_id, entry.detail_digest
    )
