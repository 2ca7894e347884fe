"""A dead worker's claim: one message is parked, none is lost, none that may be out is released."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Self

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.delivery import Status
from domain.outcomes import Accepted
from models import db
from models.message import AttemptOutcome
from services import recover_claims as module
from services.claim_deliveries import claim_range
from services.record_outcome import ClaimRecorder
from services.recover_claims import recover_claims
from tests.conftest import build_app, dispose
from tests.services.consenting_clients import address_of
from tests.services.delivery_scene import Scene

LEASE = timedelta(seconds=10)


@pytest.fixture
def scene(database: Flask, now: datetime) -> Scene:
    return Scene(now, lease=LEASE)


def after_the_lease(scene: Scene) -> datetime:
    return scene.clock.advance(seconds=LEASE.total_seconds() + 1)


def test_only_the_first_unacknowledged_message_is_uncertain(scene: Scene) -> None:
    campaign = scene.campaign(4)
    scene.die_delivering(campaign, at=address_of(2))
    assert recover_claims(scene.session, after_the_lease(scene)) == 1
    assert scene.statuses(campaign) == [Status.SENT, Status.UNCERTAIN, Status.QUEUED, Status.QUEUED]
    parked = scene.messages(campaign)[1]
    [attempt] = scene.attempts(parked.id)
    assert (attempt.outcome, attempt.reply_text) == (AttemptOutcome.UNCERTAIN, parked.error_text)
    assert parked.error_text
    assert scene.claims()[0].closed_at == scene.clock.now


def test_a_claim_whose_lease_runs_is_left_alone(scene: Scene) -> None:
    campaign = scene.campaign(2)
    scene.die_delivering(campaign, at=address_of(1))
    scene.clock.advance(seconds=LEASE.total_seconds())
    assert recover_claims(scene.session, scene.clock.now) == 0
    assert scene.statuses(campaign) == [Status.SENDING] * 2


def test_a_claim_is_recovered_once(scene: Scene) -> None:
    campaign = scene.campaign(2)
    scene.die_delivering(campaign, at=address_of(1))
    assert [recover_claims(scene.session, after_the_lease(scene)) for _ in range(2)] == [1, 0]
    assert scene.statuses(campaign).count(Status.UNCERTAIN) == 1


def test_a_worker_that_died_after_its_last_answer_leaves_nothing_uncertain(scene: Scene) -> None:
    campaign = scene.campaign(2)
    work = scene.work(campaign)
    claim = claim_range(scene.session, work, policy=scene.policy, worker="", now=scene.clock.now)
    assert claim is not None
    recorder = ClaimRecorder(scene.session, claim, scene.policy)
    for message in scene.messages(campaign):
        recorder.record(message.id, Accepted(), scene.clock.now)
    assert recover_claims(scene.session, after_the_lease(scene)) == 1
    assert scene.statuses(campaign) == [Status.SENT] * 2


def test_every_dead_claim_is_recovered(scene: Scene) -> None:
    first, second = scene.campaign(2), scene.campaign(2)
    scene.die_delivering(first, at=address_of(1))
    scene.die_delivering(second, at=address_of(4))
    assert recover_claims(scene.session, after_the_lease(scene)) == 2
    assert scene.statuses(first) == [Status.UNCERTAIN, Status.QUEUED]
    assert scene.statuses(second) == [Status.SENT, Status.UNCERTAIN]


def test_the_recovered_message_is_never_sent_by_itself(scene: Scene) -> None:
    campaign = scene.campaign(3)
    scene.die_delivering(campaign, at=address_of(2))
    after_the_lease(scene)
    scene.rings.clear()
    scene.sweep()
    scene.hear_rings()
    assert scene.statuses(campaign) == [Status.SENT, Status.UNCERTAIN, Status.SENT]
    assert scene.server.handed.count(address_of(2)) == 1


# --- the worker was only slow ---


def test_a_slow_worker_whose_claim_was_recovered_sends_no_more_but_its_answer_counts(scene: Scene) -> None:
    campaign = scene.campaign(3)

    def fall_silent(recipient: str) -> None:
        if recipient == address_of(2):
            assert recover_claims(scene.session, after_the_lease(scene)) == 1
            assert scene.statuses(campaign)[1] == Status.UNCERTAIN

    scene.server.before_answer = fall_silent
    scene.deliver(campaign)
    assert scene.server.handed == [address_of(1), address_of(2)]
    assert scene.statuses(campaign) == [Status.SENT, Status.SENT, Status.QUEUED]


def test_an_answer_between_looking_and_recovering_keeps_the_claim(scene: Scene) -> None:
    """The worker's acknowledgement renews the lease; recovery asks again in its own UPDATE."""
    campaign = scene.campaign(2)
    work = scene.work(campaign)
    claim = claim_range(scene.session, work, policy=scene.policy, worker="", now=scene.clock.now)
    assert claim is not None
    recorder = ClaimRecorder(scene.session, claim, scene.policy)
    first = scene.messages(campaign)[0].id
    now = after_the_lease(scene)
    scene.session.rollback()
    with (
        Session(db.engine) as other,
        _Interruption(
            before="UPDATE delivery_claim", by=lambda: recorder.record(first, Accepted(), now)
        ) as interruption,
    ):
        assert recover_claims(other, now) == 0
    assert interruption.done
    assert scene.statuses(campaign) == [Status.SENT, Status.SENDING]


def test_an_answer_during_recovery_releases_nothing_that_may_be_on_its_way(
    postgres_scene: Scene,
) -> None:
    """The worker acknowledges the very message that is about to be parked: it lives, so nothing changes.

    Only PostgreSQL lets two writers come this close; SQLite's recovery holds the database by then.
    """
    scene = postgres_scene
    campaign = scene.campaign(3)
    work = scene.work(campaign)
    claim = claim_range(scene.session, work, policy=scene.policy, worker="", now=scene.clock.now)
    assert claim is not None
    recorder = ClaimRecorder(scene.session, claim, scene.policy)
    first = scene.messages(campaign)[0].id
    late = after_the_lease(scene)
    on_time = scene.clock.now - LEASE  # the worker's clock is behind: it does not think of renewing
    scene.session.rollback()
    with (
        Session(db.engine) as other,
        _Interruption(
            before="UPDATE message", by=lambda: recorder.record(first, Accepted(), on_time)
        ) as interruption,
    ):
        assert recover_claims(other, late) == 0
    assert interruption.done
    assert scene.statuses(campaign) == [Status.SENT, Status.SENDING, Status.SENDING]
    assert scene.attempts(first) == []


@pytest.fixture
def postgres_scene(environment: dict[str, str], postgres_url: str, now: datetime) -> Iterator[Scene]:
    app = build_app({**environment, "DATABASE_URL": postgres_url}, panel=False)
    with app.app_context():
        yield Scene(now, lease=LEASE)
        dispose(app)


class _Interruption:
    """Does something once, just before the database's next statement that begins with ``before``."""

    def __init__(self, *, before: str, by: Callable[[], object]) -> None:
        self._before, self._by, self.done = before, by, False

    def __enter__(self) -> Self:
        sa.event.listen(db.engine, "before_cursor_execute", self._interrupt)
        return self

    def __exit__(self, *_exception: object) -> None:
        sa.event.remove(db.engine, "before_cursor_execute", self._interrupt)

    def _interrupt(self, _connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith(self._before) and not self.done:
            self.done = True
            self._by()


def test_the_parked_message_says_why(scene: Scene) -> None:
    campaign = scene.campaign(1)
    scene.die_delivering(campaign, at=address_of(1))
    recover_claims(scene.session, after_the_lease(scene))
    assert scene.messages(campaign)[0].error_text == module.SILENT


def test_after_a_power_cut_nothing_that_may_be_out_is_released(scene: Scene) -> None:
    campaign = scene.campaign(3)
    before, after = "before the power cut", "after it"
    now = scene.clock.now
    claim_range(scene.session, scene.work(campaign), policy=scene.policy, worker="", boot=before, now=now)
    assert recover_claims(scene.session, now, boot=before) == 0
    loses_the_last_commits = db.engine.dialect.name == "sqlite"
    assert recover_claims(scene.session, now, boot=after) == loses_the_last_commits
    recover_claims(scene.session, after_the_lease(scene), boot=after)
    others = Status.UNCERTAIN if loses_the_last_commits else Status.QUEUED
    assert scene.statuses(campaign) == [Status.UNCERTAIN, others, others]
