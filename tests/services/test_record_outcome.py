"""What became of a message is written down conditionally, and a late answer is kept but decides little."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from domain.delivery import Status
from domain.outcomes import Accepted, Outcome, Refused, Unavailable, Uncertain
from models.message import AttemptOutcome, DeliveryAttempt, Message
from services.claim_deliveries import claim_range, close_claim
from services.record_outcome import ClaimRecorder
from services.recover_claims import recover_claims
from services.steer_campaign import treat_as_sent
from tests.services.delivery_scene import Scene

LEASE = timedelta(seconds=10)
GREYLISTED = Unavailable("451", "4.7.1 Greylisted")


@pytest.fixture
def scene(database: Flask, now: datetime) -> Scene:
    return Scene(now, lease=LEASE)


class Held:
    """A campaign of two messages, claimed."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.campaign = scene.campaign(2)
        self.claim_again()

    def claim_again(self) -> None:
        scene = self.scene
        claim = claim_range(
            scene.session, scene.work(self.campaign), policy=scene.policy, worker="", now=scene.clock.now
        )
        assert claim is not None
        self.claim_id = claim.id
        self.recorder = ClaimRecorder(scene.session, claim, scene.policy)

    @property
    def first(self) -> Message:
        return self.scene.messages(self.campaign)[0]

    def record(self, outcome: Outcome, place: int = 0) -> bool:
        message = self.scene.messages(self.campaign)[place]
        return self.recorder.record(message.id, outcome, self.scene.clock.now, failures=message.failures)

    def lose_the_claim(self) -> None:
        """The lease runs out and a sweep takes the claim away: the first message is uncertain."""
        now = self.scene.clock.now + LEASE + timedelta(seconds=1)
        assert recover_claims(self.scene.session, now) == 1


@pytest.fixture
def held(scene: Scene) -> Held:
    return Held(scene)


def test_an_acknowledgement_makes_a_message_sent(held: Held) -> None:
    assert held.record(Accepted("4XyZ"))
    message = held.first
    now = held.scene.clock.now
    assert (message.status, message.claim_id, message.sent_at) == (Status.SENT, None, now)
    assert (message.finished_at, message.provider_reference) == (now, "4XyZ")


def test_a_first_try_that_is_accepted_needs_no_attempt_of_its_own(held: Held) -> None:
    held.record(Accepted())
    assert held.scene.attempts(held.first.id) == []


def test_an_acknowledgement_renews_the_lease_once_half_of_it_is_gone(held: Held) -> None:
    def lease() -> datetime:
        return held.scene.claims()[0].leased_until

    before = lease()
    held.scene.clock.advance(seconds=4)
    held.record(Accepted())
    assert lease() == before
    held.scene.clock.advance(seconds=2)
    held.record(GREYLISTED, place=1)
    assert lease() == held.scene.clock.now + LEASE


def test_a_lease_that_was_taken_away_is_not_renewed(held: Held) -> None:
    held.lose_the_claim()
    before = held.scene.claims()[0].leased_until
    held.scene.clock.advance(seconds=30)
    held.record(Accepted())
    assert held.scene.claims()[0].leased_until == before


def test_a_refusal_is_final(held: Held) -> None:
    assert held.record(Refused("550", "5.7.1 Not wanted", "rcpt_to"))
    message = held.first
    assert (message.status, message.error_code, message.error_text) == (
        Status.FAILED,
        "550",
        "5.7.1 Not wanted",
    )
    assert message.finished_at == held.scene.clock.now


def test_a_message_that_may_have_gone_out_is_parked_with_its_attempt(held: Held) -> None:
    assert held.record(Uncertain("", "lost"))
    assert held.first.status == Status.UNCERTAIN
    [attempt] = held.scene.attempts(held.first.id)
    assert (attempt.outcome, attempt.reply_text) == (AttemptOutcome.UNCERTAIN, "lost")


def test_a_message_surely_not_sent_waits_a_minute_then_twice_as_long_up_to_an_hour(held: Held) -> None:
    waits = []
    for _ in range(8):
        held.record(GREYLISTED)
        message = held.first
        assert message.status == Status.QUEUED
        waits.append((message.due_at - held.scene.clock.now) // timedelta(minutes=1))
        held.scene.clock.now = message.due_at
        close_claim(held.scene.session, held.claim_id, held.scene.clock.now)
        held.claim_again()
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert held.first.failures == 8


def test_a_message_is_given_up_a_day_after_its_first_failure(held: Held) -> None:
    first_failed_at = held.scene.clock.now
    while held.first.status != Status.FAILED:
        assert held.scene.clock.now - first_failed_at <= timedelta(hours=25)
        held.record(GREYLISTED)
        if held.first.status == Status.QUEUED:
            assert held.scene.clock.now - first_failed_at < timedelta(hours=24)
            held.scene.clock.now = held.first.due_at
            close_claim(held.scene.session, held.claim_id, held.scene.clock.now)
            held.claim_again()
    assert held.scene.clock.now - first_failed_at >= timedelta(hours=24)
    assert held.first.finished_at == held.scene.clock.now
    assert held.first.error_code == "451"


# --- answers that come too late ---


@pytest.mark.parametrize(
    ("answer", "becomes"),
    [
        (Accepted("Q"), Status.SENT),
        (Refused("550", "no", "rcpt_to"), Status.FAILED),
        (GREYLISTED, Status.UNCERTAIN),
        (Uncertain("", "lost"), Status.UNCERTAIN),
    ],
)
def test_a_late_answer_decides_an_uncertain_message(held: Held, answer: Outcome, becomes: Status) -> None:
    held.lose_the_claim()
    assert not held.record(answer)
    assert held.first.status == becomes
    assert len(held.scene.attempts(held.first.id)) == 2


@pytest.mark.parametrize("answer", [Accepted("Q"), Refused("550", "no", "rcpt_to"), GREYLISTED])
@pytest.mark.parametrize("decided", [Status.SENT, Status.QUEUED, Status.FAILED, Status.CANCELLED])
def test_a_late_answer_is_kept_but_changes_nothing_else(held: Held, answer: Outcome, decided: Status) -> None:
    held.lose_the_claim()
    session, now = held.scene.session, held.scene.clock.now
    session.execute(sa.update(Message).where(Message.id == held.first.id).values(status=decided, sent_at=now))
    session.commit()
    assert not held.record(answer)
    assert held.first.status == decided
    kept = held.scene.attempts(held.first.id)[-1].outcome
    assert kept != AttemptOutcome.UNCERTAIN


def test_an_answer_for_another_workers_claim_is_late(held: Held) -> None:
    session = held.scene.session
    close_claim(session, held.claim_id, held.scene.clock.now)
    old = held.recorder
    held.claim_again()
    message = held.first
    assert not old.record(message.id, Accepted("late"), held.scene.clock.now)
    assert (held.first.status, held.first.claim_id) == (Status.SENDING, held.claim_id)
    assert [attempt.outcome for attempt in held.scene.attempts(message.id)] == [AttemptOutcome.ACCEPTED]


def test_each_answer_is_recorded_before_the_next_message(scene: Scene) -> None:
    campaign = scene.campaign(3)
    seen = []

    def look(_recipient: str) -> None:
        seen.append(scene.statuses(campaign).count(Status.SENT))

    scene.server.before_answer = look
    scene.deliver(campaign)
    assert seen == [0, 1, 2]


def test_a_long_reply_fits_its_columns(held: Held) -> None:
    assert held.record(Refused("5" * 100, "x" * 2000, "rcpt_to"))
    assert (len(held.first.error_code), len(held.first.error_text)) == (40, 600)


# --- what the message says afterwards ---


def test_a_late_acceptance_takes_the_doubt_away(held: Held) -> None:
    held.lose_the_claim()
    assert not held.record(Accepted("4XyZ"))
    message = held.first
    assert (message.status, message.error_text, message.provider_reference) == (Status.SENT, "", "4XyZ")
    assert held.recorder.decided


def test_a_late_refusal_says_what_the_server_said(held: Held) -> None:
    held.lose_the_claim()
    assert not held.record(Refused("550", "5.1.1 No such user", "rcpt_to"))
    message = held.first
    assert (message.status, message.error_code) == (Status.FAILED, "550")
    assert (message.error_text, held.recorder.decided) == ("5.1.1 No such user", True)


def test_a_late_answer_to_a_message_somebody_decided_on_decides_nothing(held: Held) -> None:
    held.lose_the_claim()
    treat_as_sent(held.scene.session, held.campaign, None, actor_id=None, now=held.scene.clock.now)
    assert not held.record(Refused("550", "5.1.1 No such user", "rcpt_to"))
    assert (held.first.status, held.recorder.decided) == (Status.SENT, False)


@pytest.mark.parametrize(
    ("outcome", "ends"),
    [
        (Accepted(), AttemptOutcome.ACCEPTED),
        (Refused("550", "5.7.1 Not wanted", "rcpt_to"), AttemptOutcome.REFUSED),
        (Uncertain("", "lost"), AttemptOutcome.UNCERTAIN),
        (GREYLISTED, None),
    ],
)
def test_what_a_person_had_sent_again_ends_its_attempt_and_opens_no_other(
    held: Held, outcome: Outcome, ends: AttemptOutcome | None
) -> None:
    held.scene.session.add(
        DeliveryAttempt(message_id=held.first.id, uuid="asked-for", started_at=held.scene.clock.now)
    )
    held.scene.session.commit()
    message = held.first
    held.recorder.record(message.id, outcome, held.scene.clock.now, attempted=True)
    [attempt] = held.scene.attempts(message.id)
    assert (attempt.uuid, attempt.outcome) == ("asked-for", ends)
