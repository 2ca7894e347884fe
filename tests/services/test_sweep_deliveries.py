"""What a lost ring, a dead worker or a moment in the future left behind is picked up by the sweep."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from domain.delivery import CampaignStatus, Status
from models.message import Message
from services.claim_deliveries import claim_range
from tests.services.consenting_clients import address_of
from tests.services.delivery_scene import Scene


@pytest.fixture
def scene(database: Flask, now: datetime) -> Scene:
    return Scene(now, lease=timedelta(seconds=10))


def test_a_lost_ring_is_rung_again(scene: Scene) -> None:
    campaign = scene.campaign(2)
    lost = list(scene.rings)
    scene.rings.clear()
    assert scene.sweep() == 1
    assert scene.rings == lost
    scene.hear_rings()
    assert scene.statuses(campaign) == [Status.SENT] * 2


def test_an_attended_campaign_is_not_rung_for_again(scene: Scene) -> None:
    scene.policy = type(scene.policy)(claim_size=1, lease=scene.policy.lease)
    campaign = scene.campaign(3)
    scene.rings.clear()
    claim_range(scene.session, scene.work(campaign), policy=scene.policy, worker="", now=scene.clock.now)
    assert (scene.sweep(), scene.rings) == (0, [])


def test_a_sweep_of_nothing_rings_nothing(scene: Scene) -> None:
    campaign = scene.campaign(2)
    scene.hear_rings()
    assert (scene.sweep(), scene.rings) == (0, [])
    assert scene.status_of(campaign) == CampaignStatus.FINISHED


def test_what_a_dead_worker_held_is_rung_for_in_the_same_sweep(scene: Scene) -> None:
    campaign = scene.campaign(3)
    scene.die_delivering(campaign, at=address_of(1))
    scene.rings.clear()
    scene.clock.advance(seconds=11)
    assert scene.sweep() == 1
    assert [ring[2:] for ring in scene.rings] == [
        (scene.messages(campaign)[1].id, scene.messages(campaign)[2].id)
    ]


def test_a_campaign_scheduled_for_later_starts_when_its_time_has_come(scene: Scene) -> None:
    campaign = scene.campaign(2, starts_at=scene.clock.now + timedelta(hours=2))
    assert scene.rings == []
    assert scene.status_of(campaign) == CampaignStatus.SCHEDULED
    scene.clock.advance(hours=1, minutes=59)
    assert scene.sweep() == 0
    scene.clock.advance(minutes=1)
    assert scene.sweep() == 1
    assert scene.status_of(campaign) == CampaignStatus.SENDING
    scene.hear_rings()
    assert scene.statuses(campaign) == [Status.SENT] * 2


def test_a_campaign_whose_last_worker_died_after_its_last_answer_is_finished(scene: Scene) -> None:
    campaign = scene.campaign(1)
    scene.die_delivering(campaign, at=address_of(1))
    scene.clock.advance(seconds=11)
    scene.sweep()
    assert scene.statuses(campaign) == [Status.UNCERTAIN]
    assert scene.status_of(campaign) == CampaignStatus.FINISHED


def test_two_sweeps_at_once_do_no_harm(scene: Scene) -> None:
    campaign = scene.campaign(3)
    scene.die_delivering(campaign, at=address_of(2))
    scene.clock.advance(seconds=11)
    scene.sweep()
    scene.sweep()
    scene.hear_rings()
    assert scene.statuses(campaign) == [Status.SENT, Status.UNCERTAIN, Status.SENT]
    assert sorted(scene.server.handed) == [address_of(1), address_of(2), address_of(3)]


def test_a_message_tried_before_is_rung_for_while_the_rest_is_under_way(scene: Scene) -> None:
    campaign = scene.campaign(3)
    greylisted = scene.messages(campaign)[0].id
    scene.session.execute(
        sa.update(Message)
        .where(Message.id == greylisted)
        .values(first_failed_at=scene.clock.now - timedelta(minutes=2), failures=1)
    )
    scene.session.commit()
    work = replace(scene.work(campaign), first_id=greylisted + 1)
    assert claim_range(scene.session, work, policy=scene.policy, worker="", now=scene.clock.now) is not None
    scene.rings.clear()
    scene.sweep()
    assert [ring[2:] for ring in scene.rings] == [(greylisted, greylisted)]
