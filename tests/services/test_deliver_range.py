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
from services.compose_mail import Envelope, Outgoing
from services.deliver_range import deliver_range
from services.recover_claims import recover_claims
from tests.services.consenting_clients import address_of
from tests.services.delivery_scene import AddressOnly, Scene

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


class Noting(AddressOnly):
    def __init__(self) -> None:
        self.composed: list[str] = []

    def compose(self, messages: Iterable[Outgoing], date: datetime) -> Iterator[tuple[Outgoing, Envelope]]:
        for message, envelope in super().compose(messages, date):
            self.composed.append(envelope.recipient)
            yield message, envelope


def test_the_next_message_is_composed_before_this_one_is_answered(scene: Scene) -> None:
    composer = Noting()
    composed_by_then: list[int] = []
    scene.server.before_answer = lambda _recipient: composed_by_then.append(len(composer.composed))
    campaign = scene.campaign(3)
    deliver_range(scene.session, scene.work(campaign), replace(scene.shop(), composer=lambda: composer))
    assert composed_by_then == [2, 3, 3]
    assert composer.composed == scene.server.handed == [address_of(n) for n in (1, 2, 3)]
    assert scene.statuses(campaign) == [Status.SENT] * 3


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
