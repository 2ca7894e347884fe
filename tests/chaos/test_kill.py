"""Whatever is killed, whenever: nobody is lost, nobody gets two, a kill leaves at most one uncertain."""

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
from tests.chaos.far_ends import Letters, Texts, TextsBySmpp
from tests.chaos.killing import Killing, Plan, Result


def check(plan: Plan, result: Result) -> None:
    print(f"\n{result}")
    assert sum(result.statuses.values()) == plan.recipients
    assert set(result.statuses) <= {Status.SENT, Status.FAILED, Status.UNCERTAIN}
    assert max(result.caught.values()) == 1
    assert result.sent <= result.caught.keys()
    assert result.kills_in_mid_answer <= result.statuses[Status.UNCERTAIN] <= result.kills
    assert result.kills == plan.kills
    assert result.kills_in_mid_answer == plan.kills // 2
    assert result.queue_emptied == 2
    assert result.ended_by_themselves == []


def check_money() -> None:
    """Every charge has its message, and every sent text is charged."""
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
    assert set(texts.handed_over.values()) == {1}
    check_money()


@pytest.mark.chaos
def test_kills_send_no_text_twice_where_nobody_would_refuse_it(
    database: Flask, database_url: str, tmp_path: Path
) -> None:
    plan = Plan(recipients=100, kills=3)
    check(plan, Killing(plan, TextsBySmpp(), tmp_path, database_url).run())
    check_money()


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
    assert set(texts.handed_over.values()) == {1}
    check_money()


@pytest.mark.chaos
def test_many_kills_send_no_text_twice_where_nobody_would_refuse_it(
    database: Flask, database_url: str, tmp_path: Path
) -> None:
    plan = Plan(recipients=1000, kills=20)
    check(plan, Killing(plan, TextsBySmpp(), tmp_path, database_url).run())
    check_money()
