"""Texts through the engine: paid before they leave, paid back when they surely did not, never sent twice."""

from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.delivery import CampaignStatus, Status
from domain.outcomes import Refused, Unavailable, Uncertain
from models.ledger import EntryKind, Hold, HoldState
from models.price_list import SmsPrice
from services.approve_campaign import QuoteChanged
from services.ledger import Fare, NotEnoughMoney, Stamp, charge_many, close_hold
from services.price_list import NoPrice
from services.sms_desk import CHARGED_TOGETHER
from services.steer_campaign import cancel_rest, resend_failed, send_uncertain_again, treat_as_sent
from tests import factories as make
from tests.services.sms_scene import ONE_EACH, PRICE, SmsScene, in_order, number_of


@pytest.fixture
def scene(database: Flask, now: datetime) -> SmsScene:
    return SmsScene(now)


def hold_of(scene: SmsScene, campaign_id: int) -> Hold:
    scene.session.expire_all()
    return scene.session.scalars(sa.select(Hold).where(Hold.campaign_id == campaign_id)).one()


def test_an_approval_holds_the_quote_and_the_texts_draw_on_it(scene: SmsScene) -> None:
    campaign = scene.texts(3)
    assert (scene.paying.balance, scene.paying.held) == (ONE_EACH, 3 * PRICE)
    assert scene.deliver(campaign) == 3
    assert scene.statuses(campaign) == [Status.SENT] * 3
    assert (scene.paying.balance, scene.paying.held) == (ONE_EACH - 3 * PRICE, 0)
    assert hold_of(scene, campaign).state == HoldState.USED
    assert scene.gateway.numbers == [number_of(place) for place in (1, 2, 3)]
    in_order(scene)


def test_price_parts_and_cost_are_copied_onto_the_message(scene: SmsScene) -> None:
    campaign = scene.texts(1, text="ą" * 100)
    scene.deliver(campaign)
    (message,) = scene.messages(campaign)
    assert (message.parts, message.unit_price, message.cost) == (2, PRICE, 2 * PRICE)
    assert message.gateway_id in scene.gateways
    assert message.provider_reference == "G1"


def test_too_little_money_refuses_the_whole_send(database: Flask, now: datetime) -> None:
    poor = SmsScene(now, zloty=10)
    with pytest.raises(NotEnoughMoney):
        poor.texts(63)
    assert poor.paying.held == 0
    assert poor.messages(1) == []


def test_a_number_without_a_price_refuses_the_whole_send(scene: SmsScene) -> None:
    scene.session.execute(sa.delete(SmsPrice))
    scene.session.commit()
    with pytest.raises(NoPrice):
        scene.texts(1)


def test_texts_that_cost_more_than_was_shown_are_not_approved(scene: SmsScene) -> None:
    with pytest.raises(QuoteChanged):
        scene.texts(2, cost=2 * PRICE - 1)
    assert scene.texts(2, cost=2 * PRICE)


def test_a_refusal_is_refunded(scene: SmsScene) -> None:
    campaign = scene.texts(2)
    scene.gateway.answers[number_of(1)] = [Refused("13", "no such number")]
    scene.deliver(campaign)
    assert scene.statuses(campaign) == [Status.FAILED, Status.SENT]
    assert scene.paying.balance == ONE_EACH - PRICE
    assert scene.messages(campaign)[0].cost == 0
    in_order(scene)


def test_an_uncertain_text_stays_charged_until_it_is_decided_on(scene: SmsScene) -> None:
    campaign = scene.texts(2)
    for place in (1, 2):
        scene.gateway.answers[number_of(place)] = [Uncertain("", "no answer")]
    while scene.deliver(campaign):
        pass
    assert scene.statuses(campaign) == [Status.UNCERTAIN] * 2
    assert scene.paying.balance == ONE_EACH - 2 * PRICE
    first, second = (message.id for message in scene.messages(campaign))
    treat_as_sent(scene.session, campaign, [first], actor_id=None, now=scene.clock.now)
    assert scene.paying.balance == ONE_EACH - 2 * PRICE
    send_uncertain_again(
        scene.session, campaign, [second], actor_id=None, now=scene.clock.now, enqueue=scene.enqueue
    )
    assert scene.paying.balance == ONE_EACH - PRICE
    in_order(scene)
    scene.deliver(campaign)
    assert scene.paying.balance == ONE_EACH - 2 * PRICE
    assert len({text.reference for text in scene.gateway.handed}) == 3
    in_order(scene)


def test_an_automatic_retry_keeps_its_attempt_and_its_charge(scene: SmsScene) -> None:
    campaign = scene.texts(1)
    scene.gateway.answers[number_of(1)] = [Unavailable("", "busy"), Unavailable("", "busy")]
    for _try in range(3):
        scene.deliver(campaign)
        scene.clock.advance(hours=2)
    assert scene.statuses(campaign) == [Status.SENT]
    assert len(scene.gateway.handed) == 3
    assert len({text.reference for text in scene.gateway.handed}) == 1
    assert len(scene.entries(EntryKind.CHARGE)) == 1
    in_order(scene)


def test_what_is_given_up_is_refunded_and_a_resend_is_charged_anew(scene: SmsScene) -> None:
    campaign = scene.texts(1)
    scene.gateway.always = Unavailable("", "down")
    for _try in range(30):
        scene.deliver(campaign)
        scene.clock.advance(hours=2)
    assert scene.statuses(campaign) == [Status.FAILED]
    assert scene.paying.balance == ONE_EACH
    in_order(scene)
    scene.gateway.always = None
    resend_failed(scene.session, campaign, actor_id=None, now=scene.clock.now, enqueue=scene.enqueue)
    scene.clock.advance(hours=2)
    scene.deliver(campaign)
    assert scene.statuses(campaign) == [Status.SENT]
    assert scene.paying.balance == ONE_EACH - PRICE
    assert [attempt.outcome for attempt in scene.attempts(scene.messages(campaign)[0].id)][-1] == "accepted"
    in_order(scene)


def test_a_price_that_rose_draws_on_the_balance_and_too_little_pauses(database: Flask, now: datetime) -> None:
    scene = SmsScene(now, zloty=10)
    campaign = scene.texts(60)
    scene.session.execute(sa.update(SmsPrice).values(gross_per_part=2 * PRICE))
    scene.session.commit()
    scene.deliver(campaign)
    assert scene.status_of(campaign) == CampaignStatus.PAUSED
    statuses = scene.statuses(campaign)
    assert statuses.count(Status.SENT) == 100_000 // (2 * PRICE)
    assert set(statuses) == {Status.SENT, Status.QUEUED}
    in_order(scene)


def test_cancelling_releases_the_hold_and_refunds_what_was_charged(scene: SmsScene) -> None:
    campaign = scene.texts(CHARGED_TOGETHER + 10)
    scene.gateway.answers[number_of(1)] = [Unavailable("", "busy")]
    scene.deliver(campaign)
    assert set(scene.statuses(campaign)) == {Status.QUEUED}
    assert len(scene.entries(EntryKind.CHARGE)) == CHARGED_TOGETHER
    cancel_rest(scene.session, campaign, actor_id=None, now=scene.clock.now)
    assert (scene.paying.balance, scene.paying.held) == (ONE_EACH, 0)
    assert hold_of(scene, campaign).state == HoldState.RELEASED
    in_order(scene)


def test_a_late_refusal_is_refunded(scene: SmsScene) -> None:
    campaign = scene.texts(1)
    scene.gateway.answers[number_of(1)] = [Refused("13", "no")]

    def sleep(text: object) -> None:
        scene.clock.advance(minutes=10)
        scene.sweep()

    scene.gateway.before_answer = sleep
    scene.deliver(campaign)
    assert scene.statuses(campaign) == [Status.FAILED]
    assert scene.paying.balance == ONE_EACH
    in_order(scene)


def test_a_hold_released_by_two_at_once_is_released_once(scene: SmsScene) -> None:
    campaign = scene.texts(2)
    other = scene.texts(3)
    late = Session(scene.session.get_bind())
    raced: list[str] = []

    @sa.event.listens_for(late.connection(), "before_execute")
    def release_first(_connection: object, statement: object, *_more: object) -> None:
        if not raced and str(statement).startswith("UPDATE sms_account"):
            raced.append("released")
            close_hold(scene.session, campaign, Stamp(scene.clock.now))
            scene.session.commit()

    assert close_hold(late, campaign, Stamp(scene.clock.now)) == 0
    late.commit()
    late.close()
    assert raced
    assert scene.paying.held == hold_of(scene, other).amount
    in_order(scene)


def test_a_gap_in_the_price_list_pauses_the_campaign(scene: SmsScene) -> None:
    campaign = scene.texts(2)
    scene.session.execute(sa.delete(SmsPrice))
    scene.session.commit()
    scene.deliver(campaign)
    assert scene.status_of(campaign) == CampaignStatus.PAUSED
    assert scene.statuses(campaign) == [Status.QUEUED] * 2


def test_one_single_text_too_dear_refuses_no_other(scene: SmsScene) -> None:
    fares = [Fare(number, f"single-{number}", units) for number, units in ((1, 10), (2, ONE_EACH), (3, 10))]
    for fare in fares:
        make.make_message(scene.session, id=fare.message_id)
    charged = charge_many(
        scene.session, scene.paying.id, fares, campaign_id=None, stamp=Stamp(scene.clock.now)
    )
    assert charged.new == {"single-1", "single-3"}
    scene.session.rollback()
