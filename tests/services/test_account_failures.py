"""Trouble with the account concerns no message: the account waits, and a run of refusals asks a person."""

from datetime import datetime, timedelta

import pytest
from flask import Flask

from domain.delivery import CampaignStatus, Status
from domain.outcomes import AccountRefused, Unavailable
from models.campaign import Campaign
from models.mail_account import MailAccount
from services.account_failures import record_account_failure
from services.steer_campaign import pause, resume
from tests.services.delivery_scene import Scene

WRONG_PASSWORD = AccountRefused("535", "5.7.8 Authentication failed")
DOWN = Unavailable("", "The connection was lost at stage connect: refused")


@pytest.fixture
def scene(database: Flask, now: datetime) -> Scene:
    return Scene(now, pause_after=3)


def account_of(scene: Scene, campaign: int) -> MailAccount:
    return scene.session.get_one(MailAccount, scene.work(campaign).account_id)


def fail_once(scene: Scene, campaign: int, failure: Unavailable) -> None:
    """One job that meets the failure when it connects, at the first moment the account lets it."""
    held_until = account_of(scene, campaign).held_until
    scene.clock.now = max(scene.clock.now, held_until or scene.clock.now)
    scene.server.opening = [failure]
    scene.deliver(campaign)
    assert scene.server.opening == []


def test_the_account_waits_a_minute_then_twice_as_long_up_to_an_hour(scene: Scene) -> None:
    campaign = scene.campaign(1)
    waits = []
    for _ in range(8):
        fail_once(scene, campaign, DOWN)
        held_until = account_of(scene, campaign).held_until
        assert held_until is not None
        waits.append((held_until - scene.clock.now) // timedelta(minutes=1))
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_held_account_is_not_rung_for(scene: Scene) -> None:
    campaign = scene.campaign(1)
    scene.rings.clear()
    fail_once(scene, campaign, DOWN)
    assert scene.sweep() == 0
    scene.clock.advance(minutes=1)
    assert scene.sweep() == 1


def test_another_account_goes_on(scene: Scene) -> None:
    broken = scene.campaign(1, account_id=scene.account("broken"))
    sound = scene.campaign(1, account_id=scene.account("sound"))
    fail_once(scene, broken, WRONG_PASSWORD)
    scene.deliver(sound)
    assert (scene.statuses(broken), scene.statuses(sound)) == ([Status.QUEUED], [Status.SENT])


def test_a_run_of_refusals_pauses_the_campaign_and_says_why(scene: Scene) -> None:
    campaign = scene.campaign(1)
    for _ in range(2):
        fail_once(scene, campaign, WRONG_PASSWORD)
    assert scene.status_of(campaign) == CampaignStatus.SENDING
    fail_once(scene, campaign, WRONG_PASSWORD)
    assert scene.status_of(campaign) == CampaignStatus.PAUSED
    assert scene.session.get_one(Campaign, campaign).pause_reason == "535 5.7.8 Authentication failed"
    assert scene.statuses(campaign) == [Status.QUEUED]


def test_a_message_that_goes_out_ends_the_run(scene: Scene) -> None:
    campaign = scene.campaign(1)
    for _ in range(2):
        fail_once(scene, campaign, WRONG_PASSWORD)
    scene.clock.advance(hours=1)
    scene.deliver(campaign)
    account = account_of(scene, campaign)
    assert (account.failures_in_a_row, account.held_until, account.last_failure) == (0, None, "")
    assert scene.session.get_one(Campaign, campaign).account_failures == 0


def test_a_server_that_is_down_pauses_nothing(scene: Scene) -> None:
    campaign = scene.campaign(1)
    for _ in range(5):
        fail_once(scene, campaign, DOWN)
    assert scene.status_of(campaign) == CampaignStatus.SENDING


def test_workers_that_fail_at_the_same_time_count_as_one_failure(scene: Scene) -> None:
    campaign = scene.campaign(1)
    account_id = scene.work(campaign).account_id
    for _ in range(4):
        record_account_failure(
            scene.session,
            account_id=account_id,
            campaign_id=campaign,
            failure=WRONG_PASSWORD,
            policy=scene.policy,
            now=scene.clock.now,
        )
    assert account_of(scene, campaign).failures_in_a_row == 1
    assert scene.session.get_one(Campaign, campaign).account_failures == 1


def test_a_resume_forgets_the_run(scene: Scene) -> None:
    campaign = scene.campaign(1)
    for _ in range(3):
        fail_once(scene, campaign, WRONG_PASSWORD)
    resume(scene.session, campaign, actor_id=None, now=scene.clock.now, enqueue=scene.enqueue)
    fail_once(scene, campaign, WRONG_PASSWORD)
    assert scene.status_of(campaign) == CampaignStatus.SENDING


def test_a_server_dead_for_a_day_fails_what_was_due_all_that_time(scene: Scene) -> None:
    campaign = scene.campaign(2)
    due = scene.clock.now
    while Status.QUEUED in scene.statuses(campaign):
        assert scene.clock.now - due <= timedelta(hours=25)
        fail_once(scene, campaign, DOWN)
    assert scene.clock.now - due >= timedelta(hours=24)
    failed = scene.messages(campaign)[0]
    assert (failed.status, failed.finished_at) == (Status.FAILED, scene.clock.now)
    assert "connect" in failed.error_text
    assert scene.status_of(campaign) == CampaignStatus.FINISHED


def test_one_refused_connection_fails_nothing_however_long_it_has_waited(scene: Scene) -> None:
    campaign = scene.campaign(3)
    scene.clock.advance(hours=25)
    fail_once(scene, campaign, DOWN)
    assert scene.statuses(campaign) == [Status.QUEUED] * 3


def test_a_dead_server_fails_nothing_of_a_paused_campaign(scene: Scene) -> None:
    paused, sending = scene.campaign(1), scene.campaign(1)
    pause(scene.session, paused, actor_id=None, now=scene.clock.now)
    for _ in range(40):
        if scene.statuses(sending) == [Status.FAILED]:
            break
        fail_once(scene, sending, DOWN)
    assert scene.statuses(sending) == [Status.FAILED]
    assert scene.statuses(paused) == [Status.QUEUED]


def test_resuming_tries_the_account_at_once(scene: Scene) -> None:
    campaign = scene.campaign(1)
    for _ in range(3):
        fail_once(scene, campaign, WRONG_PASSWORD)
    scene.rings.clear()
    resume(scene.session, campaign, actor_id=None, now=scene.clock.now, enqueue=scene.enqueue)
    assert account_of(scene, campaign).held_until is None
    assert len(scene.rings) == 1
