"""A campaign starts when its time has come and ends when nothing is left to send."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from domain.delivery import CampaignStatus, Status
from models.campaign import Campaign
from models.message import Message
from services.campaign_lifecycle import finish_exhausted, start_scheduled
from tests.services.delivery_scene import Scene


@pytest.fixture
def scene(database: Flask, now: datetime) -> Scene:
    return Scene(now)


def set_statuses(scene: Scene, campaign: int, *statuses: Status) -> None:
    for message, status in zip(scene.messages(campaign), statuses, strict=True):
        values = {"status": status, "sent_at": scene.clock.now if status == Status.SENT else None}
        scene.session.execute(sa.update(Message).where(Message.id == message.id).values(values))
    scene.session.commit()


def test_a_campaign_starts_at_its_time_and_not_before(scene: Scene) -> None:
    starts_at = scene.clock.now + timedelta(minutes=5)
    campaign = scene.campaign(1, starts_at=starts_at)
    assert start_scheduled(scene.session, starts_at - timedelta(seconds=1)) == 0
    assert start_scheduled(scene.session, starts_at) == 1
    assert start_scheduled(scene.session, starts_at) == 0
    assert scene.status_of(campaign) == CampaignStatus.SENDING
    assert scene.session.get_one(Campaign, campaign).started_at == starts_at


def test_a_campaign_with_messages_queued_is_not_finished(scene: Scene) -> None:
    scene.campaign(2)
    assert finish_exhausted(scene.session, scene.clock.now) == 0


def test_failed_and_uncertain_messages_keep_no_campaign_open(scene: Scene) -> None:
    campaign = scene.campaign(3)
    set_statuses(scene, campaign, Status.SENT, Status.FAILED, Status.UNCERTAIN)
    assert finish_exhausted(scene.session, scene.clock.now) == 1
    assert scene.status_of(campaign) == CampaignStatus.FINISHED
    assert finish_exhausted(scene.session, scene.clock.now) == 0


def test_only_the_campaign_asked_about_is_finished(scene: Scene) -> None:
    first, second = scene.campaign(1), scene.campaign(1)
    set_statuses(scene, first, Status.SENT)
    set_statuses(scene, second, Status.SENT)
    assert finish_exhausted(scene.session, scene.clock.now, campaign_id=second) == 1
    assert scene.status_of(first) == CampaignStatus.SENDING


@pytest.mark.parametrize("status", [CampaignStatus.CANCELLED, CampaignStatus.SCHEDULED])
def test_a_campaign_that_is_not_under_way_is_not_finished(scene: Scene, status: CampaignStatus) -> None:
    campaign = scene.campaign(1)
    set_statuses(scene, campaign, Status.SENT)
    scene.session.execute(sa.update(Campaign).values(status=status))
    scene.session.commit()
    assert finish_exhausted(scene.session, scene.clock.now) == 0


def test_a_campaign_paused_on_its_last_message_ends_all_the_same(scene: Scene) -> None:
    campaign = scene.campaign(1)
    set_statuses(scene, campaign, Status.SENT)
    scene.session.execute(sa.update(Campaign).values(status=CampaignStatus.PAUSED))
    scene.session.commit()
    assert finish_exhausted(scene.session, scene.clock.now) == 1
    assert scene.status_of(campaign) == CampaignStatus.FINISHED


def test_what_is_given_back_to_a_cancelled_campaign_is_cancelled_and_to_a_paused_one_kept(
    scene: Scene,
) -> None:
    cancelled, paused = scene.campaign(1), scene.campaign(1)
    for campaign, status in ((cancelled, CampaignStatus.CANCELLED), (paused, CampaignStatus.PAUSED)):
        scene.session.execute(sa.update(Campaign).where(Campaign.id == campaign).values(status=status))
    scene.session.commit()
    finish_exhausted(scene.session, scene.clock.now)
    assert scene.statuses(cancelled) == [Status.CANCELLED]
    assert scene.statuses(paused) == [Status.QUEUED]
