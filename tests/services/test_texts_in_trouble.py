"""Texts whose gateway or worker fails: the next gateway, a pause, a decision; none is paid twice."""

from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError

from domain.delivery import CampaignStatus, DeliveryState, Status
from domain.outcomes import AccountRefused, Refused, Unavailable, Uncertain
from domain.text_messages import DeliveryReport, TextMessage
from models.sms_gateway import SmsGateway
from services.steer_campaign import resume, send_uncertain_again
from services.take_report import take_reports
from tests.services.delivery_scene import Killed
from tests.services.sms_scene import ONE_EACH, PRICE, SmsScene, in_order, number_of


@pytest.fixture
def scene(database: Flask, now: datetime) -> SmsScene:
    return SmsScene(now)


def test_only_what_is_surely_unsent_goes_on_to_the_next_gateway(database: Flask, now: datetime) -> None:
    scene = SmsScene(now, gateways=2)
    first, second = scene.gateways.values()
    first.answers[number_of(1)] = [Uncertain("", "no answer")]
    first.answers[number_of(2)] = [Refused("13", "no")]
    first.answers[number_of(3)] = [Unavailable("", "down")]
    campaign = scene.texts(4)
    while scene.deliver(campaign):
        pass
    assert scene.statuses(campaign) == [Status.UNCERTAIN, Status.FAILED, Status.SENT, Status.SENT]
    assert second.numbers == [number_of(3), number_of(4)]
    held = scene.session.scalars(sa.select(SmsGateway).where(SmsGateway.held_until.is_not(None))).one()
    assert scene.gateways[held.id] is first
    in_order(scene)


def refuse_to_note(scene: SmsScene) -> None:
    """From now on the database refuses every change of a gateway's row."""
    session = scene.session
    if session.get_bind().dialect.name == "sqlite":
        refuse = "BEGIN SELECT RAISE(ABORT, 'no'); END"
    else:
        body = "BEGIN RAISE EXCEPTION 'no'; END"
        session.execute(sa.text(f"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $${body}$$"))
        refuse = "FOR EACH ROW EXECUTE FUNCTION refuse()"
    session.execute(sa.text(f"CREATE TRIGGER refuse BEFORE UPDATE ON sms_gateway {refuse}"))
    session.commit()


def fail_before(scene: SmsScene) -> None:
    scene.session.execute(sa.update(SmsGateway).values(failures_in_a_row=3, last_failure="down"))
    scene.session.commit()


@pytest.mark.parametrize("first_is_down", [False, True])
def test_a_text_that_was_taken_is_sent_whatever_becomes_of_the_notes_on_its_gateway(
    database: Flask, now: datetime, first_is_down: bool
) -> None:
    scene = SmsScene(now, gateways=2)
    campaign = scene.texts(2)
    fail_before(scene)
    if first_is_down:
        scene.gateway.always = Unavailable("", "down")
    refuse_to_note(scene)
    with pytest.raises(DBAPIError):
        scene.deliver(campaign)
    scene.session.rollback()
    assert scene.statuses(campaign) == [Status.SENT, Status.QUEUED]
    in_order(scene)


@pytest.mark.parametrize(("code", "failures"), [("13", 0), ("", 3)])
def test_only_a_gateway_s_own_refusal_proves_that_it_works(scene: SmsScene, code: str, failures: int) -> None:
    scene.gateway.always = Refused(code, "no")
    campaign = scene.texts(1)
    fail_before(scene)
    scene.deliver(campaign)
    assert scene.statuses(campaign) == [Status.FAILED]
    assert scene.session.scalar(sa.select(SmsGateway.failures_in_a_row)) == failures


def test_an_account_refused_by_every_gateway_waits_and_pauses_its_campaign(
    database: Flask, now: datetime
) -> None:
    scene = SmsScene(now, pause_after=2)
    campaign = scene.texts(2)
    scene.gateway.always = AccountRefused("103", "no credits")
    for _try in range(2):
        scene.deliver(campaign)
        scene.clock.advance(hours=3)
    assert scene.status_of(campaign) == CampaignStatus.PAUSED
    assert scene.statuses(campaign) == [Status.QUEUED] * 2
    scene.gateway.always = None
    resume(scene.session, campaign, actor_id=None, now=scene.clock.now, enqueue=scene.enqueue)
    scene.deliver(campaign)
    assert scene.statuses(campaign) == [Status.SENT] * 2
    in_order(scene)


def test_a_worker_that_dies_in_mid_call_leaves_one_paid_uncertain_text(scene: SmsScene) -> None:
    campaign = scene.texts(3)

    def die(text: object) -> None:
        raise Killed

    scene.gateway.before_answer = die
    with pytest.raises(Killed):
        scene.deliver(campaign)
    scene.session.rollback()
    scene.gateway.before_answer = lambda _text: None
    scene.clock.advance(minutes=10)
    scene.sweep()
    scene.deliver(campaign)
    assert scene.statuses(campaign) == [Status.UNCERTAIN, Status.SENT, Status.SENT]
    assert len({text.reference for text in scene.gateway.handed}) == len(scene.gateway.handed) == 3
    assert scene.paying.balance == ONE_EACH - 3 * PRICE
    in_order(scene)


def test_a_report_before_the_answer_is_lost_settles_the_text(scene: SmsScene) -> None:
    campaign = scene.texts(2)
    (gateway_id,) = scene.gateways
    for place, outcome in ((1, Uncertain("", "timed out")), (2, Unavailable("", "busy"))):
        scene.gateway.answers[number_of(place)] = [outcome]

    def deliver_first(text: TextMessage) -> None:
        report = DeliveryReport(text.reference, "THEIRS", DeliveryState.DELIVERED, None, "404")
        take_reports(scene.session, gateway_id, [report], now=scene.clock.now)

    scene.gateway.before_answer = deliver_first
    while scene.deliver(campaign):
        pass
    for message in scene.messages(campaign):
        assert (message.status, message.delivery_state) == (Status.SENT, DeliveryState.DELIVERED)
        assert message.provider_reference == "THEIRS"
    assert len(scene.gateway.handed) == 2
    in_order(scene)


def test_a_worker_that_dies_after_the_report_leaves_nothing_to_decide(scene: SmsScene) -> None:
    campaign = scene.texts(1)
    (gateway_id,) = scene.gateways

    def report_and_die(text: TextMessage) -> None:
        report = DeliveryReport(text.reference, "THEIRS", None, None, "403")
        take_reports(scene.session, gateway_id, [report], now=scene.clock.now)
        raise Killed

    scene.gateway.before_answer = report_and_die
    with pytest.raises(Killed):
        scene.deliver(campaign)
    scene.session.rollback()
    scene.clock.advance(minutes=10)
    scene.sweep()
    assert scene.statuses(campaign) == [Status.SENT]
    in_order(scene)


def test_news_of_an_attempt_that_another_followed_is_its_own(database: Flask, now: datetime) -> None:
    scene = SmsScene(now, gateways=2)
    first, second = scene.gateways
    campaign = scene.texts(1)
    scene.gateways[first].answers[number_of(1)] = [Uncertain("", "no answer")]
    scene.deliver(campaign)
    old = scene.gateways[first].handed[0].reference
    send_uncertain_again(
        scene.session, campaign, None, actor_id=None, now=scene.clock.now, enqueue=scene.enqueue
    )
    scene.gateways[first].always = Unavailable("", "down")
    scene.deliver(campaign)
    report = DeliveryReport(old, "OLD", DeliveryState.UNDELIVERED, None, "405")
    take_reports(scene.session, first, [report], now=scene.clock.now)
    (message,) = scene.messages(campaign)
    assert (message.gateway_id, message.delivery_state) == (second, None)
    assert [attempt.outcome for attempt in scene.attempts(message.id)] == ["accepted"] * 2
    in_order(scene)
