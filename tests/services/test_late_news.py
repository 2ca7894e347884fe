"""News of a text that comes late: the attempt whose uuid went out is the one that ends as taken."""

from datetime import datetime

import pytest
from flask import Flask

from domain.delivery import DeliveryState, Status
from domain.outcomes import Accepted, Outcome, Refused, Unavailable, Uncertain
from domain.text_messages import DeliveryReport, TextMessage
from models.message import AttemptOutcome, Message
from models.sending_lines import SMS
from queries.ledger_check import check_ledger
from queries.reports_check import check_reports
from services.claim_deliveries import WorkRange, claim_range
from services.steer_campaign import resend_failed, send_uncertain_again
from services.take_report import take_reports
from tests.services.sms_scene import PRICE, SmsScene, number_of

ONE_HUNDRED = 100 * 10_000
ACCEPTED, REFUSED = AttemptOutcome.ACCEPTED, AttemptOutcome.REFUSED
UNAVAILABLE, UNCERTAIN = AttemptOutcome.UNAVAILABLE, AttemptOutcome.UNCERTAIN


@pytest.fixture
def scene(database: Flask, now: datetime) -> SmsScene:
    return SmsScene(now)


@pytest.fixture
def doubted(scene: SmsScene) -> int:
    """A campaign of one text of which nobody knows whether it went out."""
    campaign = scene.texts(1)
    scene.gateway.answers[number_of(1)] = [Uncertain("", "no answer")]
    scene.deliver(campaign)
    assert scene.statuses(campaign) == [Status.UNCERTAIN]
    return campaign


def send_again(scene: SmsScene, campaign: int) -> None:
    send_uncertain_again(
        scene.session, campaign, None, actor_id=None, now=scene.clock.now, enqueue=scene.enqueue
    )


def report(scene: SmsScene, place: int, state: DeliveryState | None = None) -> None:
    """The gateway's news of the text that was handed over as the place-th."""
    (gateway_id,) = scene.gateways
    said = DeliveryReport(scene.gateway.handed[place].reference, f"G-{place}", state, None, "404")
    take_reports(scene.session, gateway_id, [said], now=scene.clock.now)


def outcomes(scene: SmsScene, campaign: int) -> list[AttemptOutcome | None]:
    return [attempt.outcome for attempt in scene.attempts(scene.messages(campaign)[0].id)]


def in_order(scene: SmsScene) -> None:
    assert check_ledger(scene.session).problems == ()
    assert check_reports(scene.session).problems == ()


def only(scene: SmsScene, campaign: int) -> Message:
    (message,) = scene.messages(campaign)
    return message


def test_what_went_out_after_all_is_not_sent_again(scene: SmsScene, doubted: int) -> None:
    send_again(scene, doubted)
    report(scene, 0, DeliveryState.DELIVERED)
    message = only(scene, doubted)
    assert (message.status, message.delivery_state) == (Status.SENT, DeliveryState.DELIVERED)
    assert message.provider_reference == "G-0"
    assert outcomes(scene, doubted) == [ACCEPTED, UNAVAILABLE]
    assert scene.deliver(doubted) == 0
    assert len(scene.gateway.handed) == 1
    assert (message.cost, scene.paying.balance) == (PRICE, ONE_HUNDRED - PRICE)
    in_order(scene)


@pytest.mark.parametrize(
    ("answer", "second"),
    [
        (Refused("13", "no"), REFUSED),
        (Unavailable("", "down"), UNAVAILABLE),
        (Uncertain("", "no answer"), UNCERTAIN),
        (Accepted("G2"), ACCEPTED),
    ],
)
def test_a_second_attempt_under_way_ends_as_it_was_answered(
    scene: SmsScene, doubted: int, answer: Outcome, second: AttemptOutcome
) -> None:
    send_again(scene, doubted)
    scene.gateway.before_answer = lambda _text: report(scene, 0)
    scene.gateway.always = answer
    scene.deliver(doubted)
    assert only(scene, doubted).status == Status.SENT
    assert outcomes(scene, doubted) == [ACCEPTED, second]
    assert scene.paying.balance == ONE_HUNDRED - PRICE
    in_order(scene)


def test_what_failed_the_second_time_and_went_out_the_first_is_sent(scene: SmsScene, doubted: int) -> None:
    send_again(scene, doubted)
    scene.gateway.always = Refused("13", "no")
    scene.deliver(doubted)
    assert only(scene, doubted).status == Status.FAILED
    report(scene, 0)
    assert (only(scene, doubted).status, only(scene, doubted).error_text) == (Status.SENT, "")
    assert outcomes(scene, doubted) == [ACCEPTED, REFUSED]
    in_order(scene)


def test_two_doubtful_attempts_are_told_apart(scene: SmsScene, doubted: int) -> None:
    send_again(scene, doubted)
    scene.gateway.always = Uncertain("", "no answer")
    scene.deliver(doubted)
    report(scene, 0)
    assert only(scene, doubted).status == Status.SENT
    assert outcomes(scene, doubted) == [ACCEPTED, UNCERTAIN]


def test_a_gateway_s_refusal_is_not_proven_wrong_by_its_report(scene: SmsScene) -> None:
    campaign = scene.texts(1)
    scene.gateway.always = Refused("13", "no")
    scene.deliver(campaign)
    report(scene, 0, DeliveryState.UNDELIVERED)
    assert only(scene, campaign).status == Status.FAILED
    assert outcomes(scene, campaign) == [REFUSED]


@pytest.mark.parametrize(
    ("answer", "status", "outcome"),
    [
        (Accepted("LATE"), Status.SENT, ACCEPTED),
        (Refused("13", "no"), Status.FAILED, REFUSED),
        (Unavailable("", "busy"), Status.UNCERTAIN, UNAVAILABLE),
        (Uncertain("", "no answer"), Status.UNCERTAIN, UNCERTAIN),
    ],
)
def test_an_answer_after_the_claim_was_lost_ends_the_attempt_that_was_made(
    scene: SmsScene, answer: Outcome, status: Status, outcome: AttemptOutcome
) -> None:
    campaign = scene.texts(1)
    scene.gateway.always = answer
    scene.gateway.before_answer = lambda _text: lose_the_claim(scene)
    scene.deliver(campaign)
    (attempt,) = scene.attempts(only(scene, campaign).id)
    assert (attempt.uuid, attempt.outcome) == (scene.gateway.handed[0].reference, outcome)
    assert only(scene, campaign).status == status
    in_order(scene)


def test_what_was_accepted_late_is_reported_on_like_any_other(scene: SmsScene) -> None:
    campaign = scene.texts(1)
    scene.gateway.before_answer = lambda _text: lose_the_claim(scene)
    scene.deliver(campaign)
    report(scene, 0, DeliveryState.DELIVERED)
    assert only(scene, campaign).delivery_state == DeliveryState.DELIVERED


def test_an_answer_later_than_send_again_keeps_it_from_going_out_twice(scene: SmsScene) -> None:
    campaign = scene.texts(1)

    def lose_and_send_again(_text: TextMessage) -> None:
        lose_the_claim(scene)
        send_again(scene, campaign)

    scene.gateway.before_answer = lose_and_send_again
    scene.deliver(campaign)
    assert only(scene, campaign).status == Status.SENT
    assert outcomes(scene, campaign) == [ACCEPTED, UNAVAILABLE]
    assert scene.deliver(campaign) == 0
    in_order(scene)


def test_a_failed_text_that_is_resent_is_a_new_attempt(scene: SmsScene) -> None:
    campaign = scene.texts(1)
    scene.gateway.always = Refused("13", "no")
    scene.deliver(campaign)
    scene.gateway.always = None
    resend_failed(scene.session, campaign, actor_id=None, now=scene.clock.now, enqueue=scene.enqueue)
    scene.deliver(campaign)
    assert outcomes(scene, campaign) == [REFUSED, ACCEPTED]
    in_order(scene)


@pytest.mark.parametrize("resent", [False, True])
def test_a_worker_that_dies_before_it_has_paid_leaves_nothing_to_decide(
    scene: SmsScene, resent: bool
) -> None:
    campaign = scene.texts(1)
    if resent:
        scene.gateway.answers[number_of(1)] = [Uncertain("", "no answer")]
        scene.deliver(campaign)
        send_again(scene, campaign)
    number = only(scene, campaign).id
    work = WorkRange(scene.paying.id, campaign, number, number, SMS)
    assert claim_range(scene.session, work, policy=scene.policy, worker="", now=scene.clock.now)
    scene.clock.advance(minutes=10)
    scene.sweep()
    assert scene.statuses(campaign) == [Status.QUEUED]
    in_order(scene)


def lose_the_claim(scene: SmsScene) -> None:
    """The lease runs out in mid-call: the text is parked as uncertain."""
    scene.clock.advance(minutes=10)
    scene.sweep()


def test_an_answer_without_a_name_leaves_the_reports_in_place(scene: SmsScene) -> None:
    """SMSAPI names a text no second time when it refuses to take it twice (53)."""
    campaign = scene.texts(1)
    scene.gateway.answers[number_of(1)] = [Accepted()]
    scene.gateway.before_answer = lambda _text: report(scene, 0)
    scene.deliver(campaign)
    assert (only(scene, campaign).status, only(scene, campaign).provider_reference) == (Status.SENT, "G-0")
    in_order(scene)
