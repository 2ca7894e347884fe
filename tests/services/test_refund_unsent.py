"""What ends unsent is refunded by its own id: the ledger is never read from end to end."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from domain.channel import Channel
from domain.delivery import Status
from domain.outcomes import Unavailable
from models import db
from models.ledger import EntryKind, LedgerEntry
from models.message import Message, Origin
from models.sending_lines import SMS
from models.sms_account import SmsAccount
from queries.ledger_check import check_ledger
from queries.reports_check import check_reports
from services.account_failures import record_account_failure
from services.steer_campaign import cancel_rest
from tests.services.consenting_clients import insert_rows
from tests.services.sms_scene import SmsScene, number_of

OTHERS = 3_000


@pytest.fixture
def scene(database: Flask, now: datetime) -> SmsScene:
    return SmsScene(now, claim_size=5)


def stopped(scene: SmsScene) -> int:
    """A campaign of which a few texts are charged and nothing has gone out."""
    campaign = scene.texts(8)
    scene.gateway.answers[number_of(1)] = [Unavailable("", "busy")]
    scene.deliver(campaign)
    assert set(scene.statuses(campaign)) == {Status.QUEUED}
    return campaign


def charge_others(scene: SmsScene) -> None:
    """Many texts of other days on the ledger, charged and given back, so that the sum stays."""
    session, account_id = scene.session, scene.paying.id
    first_message, first = (
        (session.scalar(sa.select(sa.func.max(each.id))) or 0) + 1 for each in (Message, LedgerEntry)
    )
    paid = {"account_id": account_id, "recorded_at": scene.clock.now, "reason": ""}
    sent = {"channel": Channel.SMS, "origin": Origin.MANUAL, "status": Status.CANCELLED, "address": "x"}
    messages, charges, refunds = [], [], []
    for place in range(OTHERS):
        message, entry = first_message + place, first + place
        messages.append({"id": message, "idempotency_key": f"old:{place}", **sent})
        of_it = {**paid, "message_id": message}
        charge = {"id": entry, "kind": EntryKind.CHARGE, "amount": -1, "idempotency_key": f"charge:{place}"}
        refund = {"id": entry + OTHERS, "kind": EntryKind.REFUND, "amount": 1, "reverses_id": entry}
        charges.append(of_it | charge)
        refunds.append(of_it | refund | {"idempotency_key": f"refund:{place}-old"})
    for model, rows in ((Message, messages), (LedgerEntry, charges), (LedgerEntry, refunds)):
        insert_rows(session, model, rows)
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("SELECT setval('ledger_entry_id_seq', (SELECT max(id) FROM ledger_entry))"))
    session.commit()
    session.execute(sa.text("ANALYZE"))
    session.commit()


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """What is asked of the ledger in the block."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: object) -> None:
        if "ledger_entry" in statement and statement.startswith(("SELECT", "UPDATE")):
            asked.append((statement, parameters))

    sa.event.listen(db.engine, "before_cursor_execute", note)
    yield asked
    sa.event.remove(db.engine, "before_cursor_execute", note)


def full_scans(asked: list[tuple[str, Any]]) -> list[str]:
    """Of these statements the ones that read the whole ledger."""
    sqlite = db.engine.dialect.name == "sqlite"
    explain, scan = ("EXPLAIN QUERY PLAN", "SCAN ledger") if sqlite else ("EXPLAIN", "Seq Scan on ledger")
    found = []
    with db.engine.connect() as connection:
        for statement, parameters in asked:
            plan = connection.exec_driver_sql(f"{explain} {statement}", parameters).all()
            found += [str(row) for row in plan if scan in str(row)]
    return found


def cancel(scene: SmsScene, campaign: int) -> None:
    assert cancel_rest(scene.session, campaign, actor_id=None, now=scene.clock.now) == 8


def give_up(scene: SmsScene, campaign: int) -> None:
    session, now = scene.session, scene.clock.now
    long_ago = now - timedelta(days=3)
    session.execute(sa.update(Message).where(Message.campaign_id == campaign).values(due_at=long_ago))
    session.execute(sa.update(SmsAccount).values(held_until=None, failing_since=long_ago))
    session.commit()
    failure = Unavailable("", "down")
    record_account_failure(
        session, account_id=scene.paying.id, campaign_id=campaign, failure=failure, policy=scene.policy,
        now=now, line=SMS,
    )  # fmt: skip
    assert set(scene.statuses(campaign)) == {Status.FAILED}


@pytest.mark.parametrize("end", [cancel, give_up])
def test_what_ends_unsent_is_refunded_without_reading_the_ledger_from_end_to_end(
    scene: SmsScene, end: Any
) -> None:
    campaign = stopped(scene)
    charge_others(scene)
    spent = len(scene.entries(EntryKind.CHARGE)) - OTHERS
    with statements() as asked:
        end(scene, campaign)
    assert spent == 5
    assert len(scene.entries(EntryKind.REFUND)) - OTHERS == spent
    assert asked
    assert full_scans(asked) == []
    assert check_ledger(scene.session).problems == ()
    assert check_reports(scene.session).problems == ()
