"""A person steps in while a campaign is on its way: pauses, cancels, sends again, decides."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from domain.delivery import CampaignStatus, Status
from domain.outcomes import Refused, Unavailable, Uncertain
from models.message import Message
from services.decide_messages import NothingToDecide
from services.steer_campaign import (
    NotPossibleNow,
    cancel_rest,
    pause,
    resend_failed,
    resume,
    send_uncertain_again,
    treat_as_sent,
)
from tests.services.consenting_clients import address_of
from tests.services.delivery_scene import Scene


@pytest.fixture
def scene(database: Flask, now: datetime) -> Scene:
    return Scene(now, claim_size=3)


# --- a person steps in ---


def test_a_pause_stops_the_next_claim_and_a_resume_rings(scene: Scene) -> None:
    campaign = scene.campaign(4)
    scene.deliver(campaign)
    scene.rings.clear()
    pause(scene.session, campaign, actor_id=None, now=scene.clock.now)
    assert scene.deliver(campaign) == 0
    assert scene.sweep() == 0
    resume(scene.session, campaign, actor_id=None, now=scene.clock.now, enqueue=scene.enqueue)
    assert len(scene.rings) == 1
    scene.hear_rings()
    assert scene.status_of(campaign) == CampaignStatus.FINISHED


def test_cancelling_spares_what_is_on_its_way(scene: Scene) -> None:
    campaign = scene.campaign(4)
    cancelled = []

    def cancel(recipient: str) -> None:
        if recipient == address_of(2):
            cancelled.append(cancel_rest(scene.session, campaign, actor_id=None, now=scene.clock.now))

    scene.server.before_answer = cancel
    scene.deliver(campaign)
    assert cancelled == [1]
    assert scene.statuses(campaign) == [Status.SENT] * 3 + [Status.CANCELLED]
    assert scene.status_of(campaign) == CampaignStatus.CANCELLED


def test_nothing_is_left_queued_in_a_cancelled_campaign(scene: Scene) -> None:
    campaign = scene.campaign(3)
    scene.server.answers[address_of(2)] = [Unavailable("", "closed after one message")]

    def cancel(recipient: str) -> None:
        if recipient == address_of(1):
            assert cancel_rest(scene.session, campaign, actor_id=None, now=scene.clock.now) == 0

    scene.server.before_answer = cancel
    scene.deliver(campaign)
    assert scene.statuses(campaign) == [Status.SENT, Status.CANCELLED, Status.CANCELLED]
    assert scene.messages(campaign)[2].finished_at == scene.clock.now


def test_what_a_dead_worker_held_of_a_cancelled_campaign_is_cancelled_by_the_sweep(scene: Scene) -> None:
    campaign = scene.campaign(3)
    scene.die_delivering(campaign, at=address_of(2))
    cancel_rest(scene.session, campaign, actor_id=None, now=scene.clock.now)
    scene.clock.now += scene.policy.lease + timedelta(seconds=1)
    scene.sweep()
    assert scene.statuses(campaign) == [Status.SENT, Status.UNCERTAIN, Status.CANCELLED]


def test_a_failed_message_sent_again_is_the_same_message_with_one_more_attempt(scene: Scene) -> None:
    campaign = scene.campaign(2)
    scene.server.answers[address_of(1)] = [Refused("554", "5.7.1 no", "rcpt_to")]
    scene.deliver(campaign)
    before = [message.id for message in scene.messages(campaign)]
    assert (
        resend_failed(scene.session, campaign, actor_id=None, now=scene.clock.now, enqueue=scene.enqueue) == 1
    )
    scene.hear_rings()
    assert [message.id for message in scene.messages(campaign)] == before
    assert scene.statuses(campaign) == [Status.SENT] * 2
    assert len(scene.attempts(before[0])) == 1
    assert scene.server.handed.count(address_of(1)) == 2
    assert scene.messages(campaign)[0].error_text == ""
    assert scene.status_of(campaign) == CampaignStatus.FINISHED


def test_a_person_decides_about_an_uncertain_message(scene: Scene) -> None:
    campaign = scene.campaign(3)
    for number in (1, 2, 3):
        scene.server.answers[address_of(number)] = [Uncertain("", "lost")]
    while Status.QUEUED in scene.statuses(campaign):
        scene.deliver(campaign)
        scene.clock.advance(hours=1)  # a server that takes nothing holds the account back
    scene.server.answers.clear()
    ids = [message.id for message in scene.messages(campaign)]
    treat_as_sent(scene.session, campaign, ids[:1], actor_id=None, now=scene.clock.now)
    send_uncertain_again(
        scene.session, campaign, ids[1:2], actor_id=None, now=scene.clock.now, enqueue=scene.enqueue
    )
    scene.hear_rings()
    assert scene.statuses(campaign) == [Status.SENT, Status.SENT, Status.UNCERTAIN]
    assert scene.server.handed.count(address_of(1)) == 1
    assert scene.server.handed.count(address_of(2)) == 2


def test_a_decision_taken_twice_counts_once(scene: Scene) -> None:
    campaign = scene.campaign(1)
    scene.server.answers[address_of(1)] = [Uncertain("", "lost")]
    scene.hear_rings()
    treat_as_sent(scene.session, campaign, None, actor_id=None, now=scene.clock.now)
    with pytest.raises(NothingToDecide):
        send_uncertain_again(
            scene.session, campaign, None, actor_id=None, now=scene.clock.now, enqueue=scene.enqueue
        )
    with pytest.raises(NothingToDecide):
        treat_as_sent(scene.session, campaign, None, actor_id=None, now=scene.clock.now)
    assert scene.statuses(campaign) == [Status.SENT]


def test_a_finished_campaign_is_neither_paused_nor_cancelled(scene: Scene) -> None:
    campaign = scene.campaign(1)
    scene.hear_rings()
    with pytest.raises(NotPossibleNow):
        pause(scene.session, campaign, actor_id=None, now=scene.clock.now)
    with pytest.raises(NotPossibleNow):
        cancel_rest(scene.session, campaign, actor_id=None, now=scene.clock.now)
    with pytest.raises(NotPossibleNow):
        resume(scene.session, campaign, actor_id=None, now=scene.clock.now, enqueue=scene.enqueue)
    assert scene.session.scalar(sa.select(Message.status)) == Status.SENT
