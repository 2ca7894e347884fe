"""The audit's chain: a change anywhere is found."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from domain.audit_chain import FIRST, AuditFacts, entry_digest
from models import db
from models.audit import AuditDetail, AuditEntry
from queries.audit_chain import first_broken_entry
from services.record_audit import append_audit
from tests import factories as make

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TRIGGERS = ("audit_entry_append_only_update", "audit_entry_append_only_delete")
facts = st.builds(
    AuditFacts,
    recorded_at=st.integers(0, 9).map(lambda minutes: MONDAY + timedelta(minutes=minutes)),
    actor_id=st.none() | st.integers(1, 3),
    action=st.text(max_size=3),
    entity=st.text(max_size=3),
    entity_id=st.text(max_size=3),
    detail_digest=st.text("0a", min_size=2, max_size=2),
)


@given(facts, facts, st.sampled_from([FIRST, "1" * 64]), st.sampled_from([FIRST, "1" * 64]))
def test_two_entries_have_one_digest_only_when_they_are_the_same(
    one: AuditFacts, other: AuditFacts, before_one: str, before_other: str
) -> None:
    same = (one, before_one) == (other, before_other)
    assert (entry_digest(before_one, one) == entry_digest(before_other, other)) == same


def append(count: int = 4) -> None:
    for number in range(count):
        append_audit(
            db.session,
            actor_id=None,
            action="update",
            entity="client",
            entity_id=number,
            values={"name": ["Ala", f"Ola {number}"]},
            now=MONDAY + timedelta(minutes=number, microseconds=number),
        )
    db.session.commit()


def test_an_audit_left_alone_is_whole(database: Flask) -> None:
    assert first_broken_entry(db.session) is None
    append()
    assert first_broken_entry(db.session) is None


def test_erasing_the_values_breaks_nothing(database: Flask) -> None:
    append()
    db.session.execute(sa.delete(AuditDetail).where(AuditDetail.entry_id == 2))
    db.session.commit()
    assert first_broken_entry(db.session) is None


TAMPERINGS: dict[str, Callable[[], object]] = {
    "another actor": lambda: sa.update(AuditEntry).where(AuditEntry.id == 2).values(actor_id=1),
    "another action": lambda: sa.update(AuditEntry).where(AuditEntry.id == 2).values(action="delete"),
    "another record": lambda: sa.update(AuditEntry).where(AuditEntry.id == 2).values(entity_id="77"),
    "another time": lambda: sa.update(AuditEntry).where(AuditEntry.id == 2).values(recorded_at=MONDAY),
    "other values": lambda: (
        sa.update(AuditDetail).where(AuditDetail.entry_id == 2).values(values={"name": []})
    ),
    "a removed entry": lambda: sa.delete(AuditEntry).where(AuditEntry.id == 2),
    "a removed end": lambda: sa.delete(AuditEntry).where(AuditEntry.id == 4),
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_a_change_anywhere_is_found(sqlite_app: Flask, tampering: str) -> None:
    make.make_user(db.session)
    append()
    for trigger in TRIGGERS:  # somebody with the database's own password
        db.session.execute(sa.text(f"DROP TRIGGER {trigger}"))
    if "removed" in tampering:
        removed = 2 if "entry" in tampering else 4
        db.session.execute(sa.delete(AuditDetail).where(AuditDetail.entry_id == removed))
    db.session.execute(TAMPERINGS[tampering]())  # type: ignore[call-overload]
    db.session.commit()
    expected = {"a removed entry": 3, "a removed end": 0}.get(tampering, 2)
    assert first_broken_entry(db.session) == expected
