"""Claiming: contiguous, conditional, within the account's limits, and only whom one may still write to."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.channel import Channel, Purpose
from domain.delivery import CampaignStatus, Status
from domain.eligibility import Reason
from models import db
from models.campaign import Campaign
from models.client import Client
from models.consent import ConsentAction, ConsentMethod, ConsentState
from models.mail_account import MailAccount
from models.message import DeliveryClaim, Message
from models.suppression import SuppressionReason
from services.claim_deliveries import WIDEST, WorkRange, claim_range, close_claim
from services.record_consent import record_consent
from services.suppress_address import suppress
from tests import factories as make
from tests.services.consenting_clients import address_of
from tests.services.delivery_scene import Scene


@pytest.fixture
def scene(database: Flask, now: datetime) -> Scene:
    return Scene(now, claim_size=3, lease=timedelta(seconds=10))


def claim(scene: Scene, campaign_id: int, *, session: Session | None = None) -> DeliveryClaim | None:
    work = scene.work(campaign_id)
    return claim_range(session or scene.session, work, policy=scene.policy, worker="one", now=scene.clock.now)


def test_a_claim_is_the_first_due_messages_in_order(scene: Scene) -> None:
    campaign = scene.campaign(5)
    taken = claim(scene, campaign)
    assert taken is not None
    messages = scene.messages(campaign)
    assert (taken.first_message_id, taken.last_message_id) == (messages[0].id, messages[2].id)
    assert [message.claim_id for message in messages] == [taken.id] * 3 + [None] * 2
    assert scene.statuses(campaign) == [Status.SENDING] * 3 + [Status.QUEUED] * 2


def test_a_claim_has_a_lease(scene: Scene) -> None:
    taken = claim(scene, scene.campaign(1))
    assert taken is not None
    assert taken.leased_until == scene.clock.now + timedelta(seconds=10)
    assert taken.closed_at is None


def test_what_one_worker_has_claimed_another_does_not_get(scene: Scene) -> None:
    campaign = scene.campaign(5)
    first, second, third = (claim(scene, campaign) for _ in range(3))
    assert first is not None and second is not None and third is None
    assert second.first_message_id > first.last_message_id


def test_a_token_is_never_used_twice(scene: Scene) -> None:
    campaign = scene.campaign(1)
    first = claim(scene, campaign)
    assert first is not None
    number = first.id
    close_claim(scene.session, number, scene.clock.now)
    scene.session.execute(sa.delete(DeliveryClaim))
    scene.session.commit()
    second = claim(scene, campaign)
    assert second is not None and second.id > number


def test_a_closed_claim_gives_back_what_it_holds(scene: Scene) -> None:
    campaign = scene.campaign(2)
    taken = claim(scene, campaign)
    assert taken is not None
    close_claim(scene.session, taken.id, scene.clock.now)
    assert scene.statuses(campaign) == [Status.QUEUED] * 2
    assert [message.failures for message in scene.messages(campaign)] == [0, 0]


def test_a_claim_closed_twice_gives_nothing_back_the_second_time(scene: Scene) -> None:
    campaign = scene.campaign(2)
    first = claim(scene, campaign)
    assert first is not None
    close_claim(scene.session, first.id, scene.clock.now)
    second = claim(scene, campaign)
    assert second is not None
    close_claim(scene.session, first.id, scene.clock.now)
    assert scene.statuses(campaign) == [Status.SENDING] * 2


@pytest.mark.parametrize(
    "status", [CampaignStatus.PAUSED, CampaignStatus.CANCELLED, CampaignStatus.SCHEDULED]
)
def test_only_a_campaign_under_way_is_claimed_from(scene: Scene, status: CampaignStatus) -> None:
    campaign = scene.campaign(1)
    scene.session.execute(sa.update(Campaign).values(status=status))
    scene.session.commit()
    assert claim(scene, campaign) is None


def test_what_is_not_due_yet_is_not_claimed(scene: Scene) -> None:
    campaign = scene.campaign(3)
    later = scene.clock.now + timedelta(seconds=1)
    scene.session.execute(sa.update(Message).where(Message.address == address_of(2)).values(due_at=later))
    scene.session.commit()
    assert claim(scene, campaign) is not None
    assert scene.statuses(campaign) == [Status.SENDING, Status.QUEUED, Status.SENDING]


@pytest.mark.parametrize("held", [True, False])
def test_an_account_that_is_held_or_inactive_is_not_claimed_from(scene: Scene, held: bool) -> None:
    campaign = scene.campaign(1)
    a_moment = scene.clock.now + timedelta(seconds=1)
    columns: dict[str, Any] = {"held_until": a_moment} if held else {"is_active": False}
    scene.session.execute(sa.update(MailAccount).values(columns))
    scene.session.commit()
    assert claim(scene, campaign) is None
    scene.session.execute(sa.update(MailAccount).values(is_active=True))
    scene.session.commit()
    scene.clock.advance(seconds=1)
    assert claim(scene, campaign) is not None


# --- consent is checked again ---


def withdraw_consent(session: Session, client_id: int, now: datetime) -> None:
    session.execute(sa.update(ConsentState).where(ConsentState.client_id == client_id).values(granted=False))


def opt_out(session: Session, client_id: int, now: datetime) -> None:
    session.execute(sa.update(Client).where(Client.id == client_id).values(allow_email=False))


def block(session: Session, client_id: int, now: datetime) -> None:
    digest = session.scalar(sa.select(Message.address_digest).where(Message.client_id == client_id))
    assert digest is not None
    suppress(
        session,
        channel=Channel.EMAIL,
        address_digest=digest,
        reason=SuppressionReason.MANUAL,
        source="test",
        detail="",
        actor_id=None,
        now=now,
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (withdraw_consent, Reason.NO_EMAIL_CONSENT),
        (opt_out, Reason.OPTED_OUT),
        (block, Reason.BLOCKED_EMAIL),
    ],
)
def test_who_may_no_longer_be_written_to_is_skipped(scene: Scene, change: Any, reason: Reason) -> None:
    campaign = scene.campaign(3)
    change(scene.session, scene.messages(campaign)[1].client_id, scene.clock.now)
    scene.session.commit()
    scene.deliver(campaign)
    assert scene.statuses(campaign) == [Status.SENT, Status.SKIPPED, Status.SENT]
    skipped = scene.messages(campaign)[1]
    assert (skipped.reason, skipped.claim_id, skipped.finished_at) == (reason, None, scene.clock.now)
    assert scene.server.handed == [address_of(1), address_of(3)]


def test_a_message_names_the_consent_it_was_really_sent_under(scene: Scene) -> None:
    campaign = scene.campaign(1)
    [message] = scene.messages(campaign)
    assert message.client is not None
    state = scene.session.scalars(
        sa.select(ConsentState).where(ConsentState.client_id == message.client_id)
    ).one()
    for action in (ConsentAction.WITHDRAWN, ConsentAction.GRANTED):
        event = record_consent(
            scene.session,
            client_id=state.client_id,
            definition=state.definition,
            action=action,
            method=ConsentMethod.PHONE,
            source="a call",
            actor_id=None,
            now=scene.clock.now,
        )
    scene.session.commit()
    assert claim(scene, campaign) is not None
    [message] = scene.messages(campaign)
    assert (message.status, message.consent_event_id) == (Status.SENDING, event.id)


def test_scattered_retries_are_claimed_in_ranges_that_are_not_all_of_the_table(scene: Scene) -> None:
    campaign = scene.campaign(2)
    first, second = (message.id for message in scene.messages(campaign))
    account, far = scene.work(campaign).account_id, first + 3 * WIDEST
    make.make_message(
        scene.session, id=far, campaign=scene.session.get_one(Campaign, campaign), account_id=account
    )
    scene.session.commit()
    work = WorkRange(account, campaign, first, far)
    taken = claim_range(scene.session, work, policy=scene.policy, worker="one", now=scene.clock.now)
    assert taken is not None
    assert (taken.first_message_id, taken.last_message_id) == (first, second)
    rest = claim_range(scene.session, work, policy=scene.policy, worker="two", now=scene.clock.now)
    assert rest is not None and (rest.first_message_id, rest.last_message_id) == (far, far)


def test_a_message_the_service_needs_asks_for_no_marketing_consent(scene: Scene) -> None:
    campaign = scene.campaign(1, purpose=Purpose.SERVICE)
    withdraw_consent(scene.session, scene.messages(campaign)[0].client_id or 0, scene.clock.now)
    scene.session.commit()
    scene.deliver(campaign)
    assert scene.statuses(campaign) == [Status.SENT]


# --- rate limits ---


@pytest.mark.parametrize(
    ("limit", "window"),
    [
        ("per_minute", timedelta(minutes=1)),
        ("per_hour", timedelta(hours=1)),
        ("per_day", timedelta(days=1)),
    ],
)
def test_an_account_sends_no_more_than_its_limit_in_any_window(
    scene: Scene, limit: str, window: timedelta
) -> None:
    account = scene.account("limited", **{limit: 2})
    campaign = scene.campaign(5, account_id=account)
    assert [scene.deliver(campaign) for _ in range(3)] == [2, 0, 0]
    scene.clock.now += window - timedelta(seconds=1)
    assert scene.deliver(campaign) == 0
    scene.clock.advance(seconds=1)
    assert [scene.deliver(campaign) for _ in range(2)] == [2, 0]


def test_what_another_worker_is_sending_counts_towards_the_limit(scene: Scene) -> None:
    account = scene.account("limited", per_minute=4)
    campaign = scene.campaign(9, account_id=account)
    first, second, third = (claim(scene, campaign) for _ in range(3))
    assert first is not None and second is not None
    assert second.first_message_id == second.last_message_id
    assert third is None


def test_one_accounts_limit_holds_up_no_other(scene: Scene) -> None:
    limited = scene.campaign(3, account_id=scene.account("limited", per_hour=1))
    free = scene.campaign(3, account_id=scene.account("free"))
    scene.hear_rings()
    assert scene.statuses(limited) == [Status.SENT, Status.QUEUED, Status.QUEUED]
    assert scene.statuses(free) == [Status.SENT] * 3


@pytest.mark.parametrize("limit", [None, 5])
def test_workers_at_the_same_moment_share_the_work_and_the_limit(scene: Scene, limit: int | None) -> None:
    account = scene.account("shared", per_minute=limit)
    campaign = scene.campaign(12, account_id=account)
    work, policy, now = scene.work(campaign), scene.policy, scene.clock.now
    scene.session.rollback()
    engine, together = db.engine, threading.Barrier(4)

    def take(number: int) -> list[int]:
        with Session(engine) as session:
            together.wait(10)
            taken = claim_range(session, work, policy=policy, worker=str(number), now=now)
            if taken is None:
                return []
            held = sa.select(Message.id).where(Message.claim_id == taken.id)
            return list(session.scalars(held))

    with ThreadPoolExecutor(4) as pool:
        taken = [number for held in pool.map(take, range(4)) for number in held]
    assert len(taken) == len(set(taken))
    assert len(taken) <= (limit or 12)
    assert taken
