"""What a person does to a campaign: each move from the statuses it is for, and from no other."""

from datetime import datetime, timedelta

import pytest
from flask import Flask

from domain.delivery import CampaignStatus, Status
from domain.outcomes import Refused
from services.start_now import start_now
from services.steer_campaign import NotPossibleNow, cancel_rest, pause, resend_failed, resume
from tests.services.consenting_clients import address_of
from tests.services.delivery_scene import Scene


@pytest.fixture
def scene(database: Flask, now: datetime) -> Scene:
    return Scene(now)


def test_a_scheduled_campaign_started_now_goes_out_now_and_once(scene: Scene) -> None:
    campaign = scene.campaign(3, starts_at=scene.clock.now + timedelta(days=2))
    assert scene.rings == []
    assert start_now(scene.session, campaign, actor_id=None, now=scene.clock.now, enqueue=scene.enqueue) == 3
    assert scene.status_of(campaign) == CampaignStatus.SENDING
    scene.hear_rings()
    assert scene.server.handed == [address_of(number) for number in (1, 2, 3)]
    with pytest.raises(NotPossibleNow):
        start_now(scene.session, campaign, actor_id=None, now=scene.clock.now, enqueue=scene.enqueue)


def test_a_scheduled_campaign_can_be_cancelled_before_its_time(scene: Scene) -> None:
    campaign = scene.campaign(2, starts_at=scene.clock.now + timedelta(days=2))
    assert cancel_rest(scene.session, campaign, actor_id=None, now=scene.clock.now) == 2
    scene.clock.advance(days=3)
    scene.sweep()
    scene.hear_rings()
    assert scene.server.handed == []
    assert scene.statuses(campaign) == [Status.CANCELLED] * 2


def test_a_pause_holds_everything_back_until_it_is_over(scene: Scene) -> None:
    campaign = scene.campaign(2)
    pause(scene.session, campaign, actor_id=None, now=scene.clock.now)
    scene.hear_rings()
    assert scene.server.handed == []
    resume(scene.session, campaign, actor_id=None, now=scene.clock.now, enqueue=scene.enqueue)
    scene.hear_rings()
    assert scene.status_of(campaign) == CampaignStatus.FINISHED


@pytest.mark.parametrize("move", ["pause", "resume", "cancel", "start"])
def test_a_cancelled_campaign_is_moved_no_more(scene: Scene, move: str) -> None:
    campaign = scene.campaign(2)
    scene.server.answers[address_of(1)] = [Refused("550", "no such user")]
    scene.deliver(campaign)
    scene.campaign(1)
    resend_failed(scene.session, campaign, actor_id=None, now=scene.clock.now, enqueue=scene.enqueue)
    cancel_rest(scene.session, campaign, actor_id=None, now=scene.clock.now)
    moves = {
        "pause": lambda: pause(scene.session, campaign, actor_id=None, now=scene.clock.now),
        "resume": lambda: resume(
            scene.session, campaign, actor_id=None, now=scene.clock.now, enqueue=scene.enqueue
        ),
        "cancel": lambda: cancel_rest(scene.session, campaign, actor_id=None, now=scene.clock.now),
        "start": lambda: start_now(
            scene.session, campaign, actor_id=None, now=scene.clock.now, enqueue=scene.enqueue
        ),
    }
    with pytest.raises(NotPossibleNow):
        moves[move]()
    assert scene.status_of(campaign) == CampaignStatus.CANCELLED


def test_what_is_sent_again_in_a_paused_campaign_waits_with_the_rest(database: Flask, now: datetime) -> None:
    scene = Scene(now, claim_size=1)
    campaign = scene.campaign(2)
    scene.server.answers[address_of(1)] = [Refused("550", "no such user")]
    scene.deliver(campaign)
    pause(scene.session, campaign, actor_id=None, now=scene.clock.now)
    scene.rings.clear()
    assert resend_failed(scene.session, campaign, actor_id=None, now=now, enqueue=scene.enqueue) == 1
    assert (scene.status_of(campaign), scene.rings) == (CampaignStatus.PAUSED, [])
    assert scene.statuses(campaign) == [Status.QUEUED] * 2
    resume(scene.session, campaign, actor_id=None, now=now, enqueue=scene.enqueue)
    scene.hear_rings()
    assert scene.statuses(campaign) == [Status.SENT] * 2
