"""One job's work, from the claim to the ring for the rest."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from domain.delivery import CampaignStatus, Status
from domain.outcomes import AccountRefused, Refused, Unavailable, Uncertain
from gateways.files import FileMissing
from models.campaign import Campaign
from models.mail_account import MailAccount
from models.message import Message
from services.compose_mail import Envelope, Outgoing
from services.decide_messages import NothingToDecide
from services.deliver_range import deliver_range
from services.recover_claims import recover_claims
from services.steer_campaign import (
    NotPossibleNow,
    cancel_rest,
    pause,
    resend_failed,
    resume,
    send_uncertain_again,
    treat_as_sent,
)
from tests.services.delivery_scene import AddressOnly, Scene, address_of

WRONG_PASSWORD = AccountRefused("535", "5.7.8 Authentication failed")


@pytest.fixture
def scene(database: Flask, now: datetime) -> Scene:
    return Scene(now, claim_size=3)


def test_a_range_is_sent_in_order_over_one_connection(scene: Scene) -> None:
    campaign = scene.campaign(3)
    assert scene.deliver(campaign) == 3
    assert scene.server.handed == [address_of(number) for number in (1, 2, 3)]
    assert scene.server.connections == 1


def test_a_ring_heard_twice_sends_once(scene: Scene) -> None:
    campaign = scene.campaign(2)
    scene.rings *= 2
    scene.hear_rings()
    assert scene.server.handed == [address_of(1), address_of(2)]
    assert scene.server.connections == 1
    assert scene.statuses(campaign) == [Status.SENT] * 2


def test_a_job_ends_after_its_share_and_rings_for_the_rest(scene: Scene) -> None:
    campaign = scene.campaign(5)
    scene.rings.clear()
    messages = scene.messages(campaign)
    assert scene.deliver(campaign) == 3
    assert scene.rings == [(messages[0].account_id, campaign, messages[3].id, messages[4].id)]
    scene.hear_rings()
    assert scene.statuses(campaign) == [Status.SENT] * 5


def test_a_job_ends_after_its_time_and_rings_for_the_rest(scene: Scene) -> None:
    campaign = scene.campaign(3)
    scene.rings.clear()
    scene.server.before_answer = lambda _recipient: setattr(
        scene.clock, "now", scene.clock.now + timedelta(seconds=0.6)
    )
    messages = scene.messages(campaign)
    assert scene.deliver(campaign) == 2
    assert scene.statuses(campaign) == [Status.SENT, Status.SENT, Status.QUEUED]
    assert scene.rings == [(messages[0].account_id, campaign, messages[2].id, messages[2].id)]


def test_the_last_job_of_a_range_rings_no_more(scene: Scene) -> None:
    campaign = scene.campaign(3)
    scene.rings.clear()
    scene.deliver(campaign)
    assert scene.rings == []


def test_a_campaign_with_nothing_left_is_finished(scene: Scene) -> None:
    campaign = scene.campaign(4)
    scene.deliver(campaign)
    assert scene.status_of(campaign) == CampaignStatus.SENDING
    scene.clock.advance(seconds=1)
    scene.deliver(campaign)
    assert scene.status_of(campaign) == CampaignStatus.FINISHED
    assert scene.session.get_one(Campaign, campaign).finished_at == scene.clock.now


def test_one_bad_address_does_not_stop_the_others(scene: Scene) -> None:
    campaign = scene.campaign(3)
    scene.server.answers[address_of(2)] = [Refused("550", "5.7.1 no", "rcpt_to")]
    scene.deliver(campaign)
    assert scene.statuses(campaign) == [Status.SENT, Status.FAILED, Status.SENT]


def test_a_greylisted_message_goes_out_later(scene: Scene) -> None:
    campaign = scene.campaign(2)
    scene.server.answers[address_of(1)] = [Unavailable("451", "4.7.1 Greylisted")]
    scene.deliver(campaign)
    assert scene.statuses(campaign) == [Status.QUEUED, Status.SENT]
    assert scene.deliver(campaign) == 0
    scene.clock.advance(minutes=1)
    scene.deliver(campaign)
    assert scene.statuses(campaign) == [Status.SENT] * 2


def test_a_connection_lost_after_data_leaves_one_message_uncertain_and_releases_the_rest(
    scene: Scene,
) -> None:
    campaign = scene.campaign(3)
    scene.server.answers[address_of(2)] = [Uncertain("", "lost")]
    scene.deliver(campaign)
    assert scene.statuses(campaign) == [Status.SENT, Status.UNCERTAIN, Status.QUEUED]
    scene.hear_rings()
    assert scene.statuses(campaign) == [Status.SENT, Status.UNCERTAIN, Status.SENT]
    assert scene.server.handed.count(address_of(2)) == 1


def test_a_server_that_closes_after_some_messages_is_no_trouble(scene: Scene) -> None:
    campaign = scene.campaign(3)
    scene.rings.clear()
    scene.server.answers[address_of(3)] = [Unavailable("", "closed after 2 messages")]
    scene.deliver(campaign)
    account = scene.session.scalars(sa.select(MailAccount)).one()
    assert account.failures_in_a_row == 0
    assert scene.statuses(campaign) == [Status.SENT, Status.SENT, Status.QUEUED]


def test_a_server_that_closes_before_it_took_any_holds_the_account_back(scene: Scene) -> None:
    campaign = scene.campaign(3)
    scene.server.answers[address_of(1)] = [Unavailable("", "closed")]
    scene.deliver(campaign)
    account = scene.session.scalars(sa.select(MailAccount)).one()
    assert account.failures_in_a_row == 1
    assert scene.statuses(campaign) == [Status.QUEUED] * 3


def test_a_log_in_refused_costs_no_message_a_try(scene: Scene) -> None:
    campaign = scene.campaign(2)
    scene.server.opening = [WRONG_PASSWORD]
    assert scene.deliver(campaign) == 0
    assert scene.statuses(campaign) == [Status.QUEUED] * 2
    assert [message.failures for message in scene.messages(campaign)] == [0, 0]
    assert scene.claims() == []


def test_a_refusal_of_the_account_in_mid_range_costs_no_message_a_try(scene: Scene) -> None:
    campaign = scene.campaign(3)
    scene.server.answers[address_of(2)] = [AccountRefused("530", "Authentication required")]
    scene.deliver(campaign)
    assert scene.statuses(campaign) == [Status.SENT, Status.QUEUED, Status.QUEUED]
    assert scene.messages(campaign)[1].failures == 0


def test_a_worker_that_has_lost_its_claim_stops_at_once(scene: Scene) -> None:
    campaign = scene.campaign(3)
    scene.rings.clear()

    def be_given_up(recipient: str) -> None:
        if recipient == address_of(1):
            recover_claims(scene.session, scene.clock.now + timedelta(hours=1))

    scene.server.before_answer = be_given_up
    scene.deliver(campaign)
    assert scene.server.handed == [address_of(1)]
    assert scene.statuses(campaign) == [Status.SENT, Status.QUEUED, Status.QUEUED]
    assert scene.rings == []


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


class LosesTheAttachment:
    """A composer whose campaign cannot be composed on this machine."""

    def __init__(self) -> None:
        raise FileMissing


def test_what_cannot_be_composed_pauses_the_campaign_and_leaves_nothing_uncertain(scene: Scene) -> None:
    campaign = scene.campaign(2)
    deliver_range(scene.session, scene.work(campaign), replace(scene.shop(), composer=LosesTheAttachment))
    assert scene.session.get_one(Campaign, campaign).status == CampaignStatus.PAUSED
    assert "FILES_DIR" in scene.session.get_one(Campaign, campaign).pause_reason
    assert scene.statuses(campaign) == [Status.QUEUED] * 2
    assert scene.claims() == []


class BreaksBetweenMessages(AddressOnly):
    def compose(self, messages: Iterable[Outgoing], date: datetime) -> Iterator[tuple[Outgoing, Envelope]]:
        yield next(super().compose(messages, date))
        raise ZeroDivisionError


def test_a_worker_that_breaks_between_messages_gives_the_rest_back(scene: Scene) -> None:
    campaign = scene.campaign(3)
    with pytest.raises(ZeroDivisionError):
        deliver_range(
            scene.session, scene.work(campaign), replace(scene.shop(), composer=BreaksBetweenMessages)
        )
    assert scene.statuses(campaign) == [Status.SENT, Status.QUEUED, Status.QUEUED]


def test_a_refused_recipient_whose_server_hangs_up_does_not_hold_the_account(scene: Scene) -> None:
    campaign = scene.campaign(2)
    scene.server.answers[address_of(1)] = [Refused("550", "5.1.1 no such user", "rcpt_to")]
    scene.server.hangs_up_after.add(address_of(1))
    scene.deliver(campaign)
    account = scene.session.get_one(MailAccount, scene.work(campaign).account_id)
    assert (account.failures_in_a_row, account.held_until) == (0, None)
