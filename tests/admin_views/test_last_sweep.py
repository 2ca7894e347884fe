"""The dashboard says when the clock last picked up what was left behind."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from rq import SimpleWorker
from rq.utils import utcformat
from rq.worker import WorkerStatus
from sqlalchemy.orm import Session

from extensions.queue_health import SILENT, QueueHealth, queue_health
from extensions.queues import WORKER_TTL, Doorbell
from gateways.ksef import KsefGateway
from jobs.sweep import sweep
from models.message import Message
from models.sms_account import SmsAccount
from models.user import User
from sandbox.ksef import settings_for as ksef_settings
from sandbox.sample_account import write_account
from tests import factories as make
from tests.admin_views.conftest import Visitor

INTERVAL = timedelta(minutes=1)


@pytest.fixture
def doorbell(redis_url: str) -> Doorbell:
    return Doorbell(redis_url)


def health(last_sweep: datetime | None) -> QueueHealth:
    return QueueHealth(answers=True, waiting=0, workers=1, busy=0, last_heartbeat=None, last_sweep=last_sweep)


def test_a_sweep_is_noted_by_its_job(database: Flask, doorbell: Doorbell) -> None:
    before = datetime.now(UTC)
    sweep()
    noted = doorbell.last_sweep()
    assert noted is not None
    assert before - timedelta(seconds=1) <= noted <= datetime.now(UTC)


class BrokenKsef(KsefGateway):
    def close_sessions(self) -> None:
        raise RuntimeError("nobody thought of this")


def test_a_step_that_fails_takes_nothing_from_the_others_and_is_shown(
    visit: Callable[[str], Visitor],
    panel: Flask,
    stored: Session,
    doorbell: Doorbell,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = replace(panel.extensions["goniec"], ksef=BrokenKsef(ksef_settings("http://127.0.0.1:9")))
    monkeypatch.setitem(panel.extensions, "goniec", broken)
    someone = stored.scalars(sa.select(User.id).limit(1)).one()
    write_account(stored, actor_id=someone, now=make.LONG_AGO)
    stored.execute(sa.update(SmsAccount).values(low_balance=10**9))
    stored.commit()
    with panel.app_context(), pytest.raises(ExceptionGroup, match="ksef") as failed:
        sweep()
    assert [str(one) for one in failed.value.exceptions] == ["nobody thought of this"]
    assert doorbell.failed_steps() == ("ksef",) and doorbell.last_sweep() is not None
    assert stored.scalars(sa.select(Message.idempotency_key)).one().startswith("event:low-balance:")
    page = visit("viewer").get("/admin/").text
    assert "The last sweep failed at: sending invoices into KSeF" in page
    doorbell.note_sweep(datetime.now(UTC))
    assert "The last sweep failed" not in visit("viewer").get("/admin/").text


def test_the_moment_of_a_sweep_comes_back_as_it_was_noted(doorbell: Doorbell, now: datetime) -> None:
    assert doorbell.last_sweep() is None
    doorbell.note_sweep(now)
    assert doorbell.last_sweep() == now


def test_a_lost_queue_server_loses_only_the_figure(now: datetime) -> None:
    Doorbell("redis://127.0.0.1:1/0").note_sweep(now)


@pytest.mark.parametrize(("age", "late"), [(0, False), (180, False), (181, True)])
def test_a_sweep_is_late_after_three_intervals(now: datetime, age: int, late: bool) -> None:
    assert health(now - timedelta(seconds=age)).sweep_is_late(now, INTERVAL) is late


def test_a_sweep_nobody_knows_of_is_late(now: datetime) -> None:
    assert health(None).sweep_is_late(now, INTERVAL)


@pytest.mark.parametrize(("age", "dot"), [(timedelta(), "dot-good"), (timedelta(hours=1), "dot-warning")])
def test_the_dashboard_warns_of_a_late_sweep(
    visit: Callable[[str], Visitor], doorbell: Doorbell, age: timedelta, dot: str
) -> None:
    doorbell.note_sweep(datetime.now(UTC) - age)
    page = visit("viewer").get("/admin/").text
    assert f'<span class="dot {dot}"></span>Last sweep' in page
    assert "none known" not in page


def test_workers_that_were_killed_are_not_counted(redis_url: str, now: datetime) -> None:
    doorbell = Doorbell(redis_url)
    for age in (timedelta(0), timedelta(seconds=119), timedelta(seconds=121), timedelta(hours=1)):
        worker = SimpleWorker(["bulk"], connection=doorbell.connection, worker_ttl=WORKER_TTL)
        worker.register_birth()
        worker.set_state(WorkerStatus.BUSY)
        doorbell.connection.hset(worker.key, "last_heartbeat", utcformat(now - age))
    health = queue_health(doorbell, now)
    assert (health.workers, health.busy, health.last_heartbeat) == (2, 2, now)


def test_an_idle_worker_gives_a_sign_of_life_before_it_is_taken_for_dead(redis_url: str) -> None:
    worker = SimpleWorker(["bulk"], connection=Doorbell(redis_url).connection, worker_ttl=WORKER_TTL)
    assert 2 * timedelta(seconds=worker.dequeue_timeout) <= SILENT
