"""Whatever is killed, whenever: nobody is lost, nobody gets two, a kill leaves at most one uncertain."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from domain.delivery import Status
from models import db
from models.ledger import EntryKind, LedgerEntry
from models.message import Message
from queries.ledger_check import check_ledger
from queries.reports_check import check_reports
from sandbox.phones_exchange import Text
from tests.chaos.far_ends import Letters, Texts
from tests.chaos.killing import Killing, Plan, Result


def check(plan: Plan, result: Result) -> None:
    print(f"\n{result}")
    assert sum(result.statuses.values()) == plan.recipients
    assert set(result.statuses) <= {Status.SENT, Status.FAILED, Status.UNCERTAIN}
    assert max(result.caught.values()) == 1
    assert result.sent <= result.caught.keys()
    assert result.statuses[Status.UNCERTAIN] <= result.kills
    assert result.kills == plan.kills
    assert result.kills_in_mid_answer == plan.kills // 2
    assert result.queue_emptied == 2
    assert result.ended_by_themselves == []


def check_money(phones: Sequence[Text]) -> None:
    """Every charge has its message, every sent text is charged, and no attempt went out twice."""
    attempts = Counter(text.idx for text in phones)
    assert set(attempts.values()) == {1}
    assert check_ledger(db.session()).problems == ()
    assert check_reports(db.session()).problems == ()
    charged = sa.exists().where(LedgerEntry.message_id == Message.id, LedgerEntry.kind == EntryKind.CHARGE)
    sent = sa.select(sa.func.count()).where(Message.status == Status.SENT, ~charged)
    assert db.session.scalar(sent) == 0
    charges = sa.select(sa.func.count()).where(LedgerEntry.kind == EntryKind.CHARGE)
    refunds = sa.select(sa.func.count()).where(LedgerEntry.kind == EntryKind.REFUND)
    kept = sa.select(sa.func.count()).where(Message.status.in_((Status.SENT, Status.UNCERTAIN)), charged)
    assert db.session.scalar(charges) - db.session.scalar(refunds) == db.session.scalar(kept)


def test_kills_lose_nobody_and_send_nothing_twice(database: Flask, database_url: str, tmp_path: Path) -> None:
    plan = Plan(recipients=200, kills=3)
    check(plan, Killing(plan, Letters(), tmp_path, database_url).run())


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # both: `make test-chaos`
def test_kills_charge_every_text_once(database: Flask, database_url: str, tmp_path: Path) -> None:
    plan, texts = Plan(recipients=100, kills=3), Texts()
    check(plan, Killing(plan, texts, tmp_path, database_url).run())
    check_money(texts.taken)


@pytest.mark.chaos
def test_many_kills_lose_nobody_and_send_nothing_twice(
    database: Flask, database_url: str, tmp_path: Path
) -> None:
    plan = Plan(recipients=2000, kills=20)
    check(plan, Killing(plan, Letters(), tmp_path, database_url).run())


@pytest.mark.chaos
def test_many_kills_charge_every_text_once(database: Flask, database_url: str, tmp_path: Path) -> None:
    plan, texts = Plan(recipients=1000, kills=20), Texts()
    check(plan, Killing(plan, texts, tmp_path, database_url).run())
    check_money(texts.taken)
