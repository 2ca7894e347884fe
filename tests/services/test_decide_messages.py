"""A person's word on one message of no campaign: it went out, or it goes out once more."""

from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask

from domain.channel import Channel
from domain.delivery import Status
from domain.outcomes import Outcome, Refused, Uncertain
from models.audit import AuditEntry
from models.ledger import EntryKind
from models.message import Message
from queries.ledger_check import check_ledger
from queries.reports_check import check_reports
from services.decide_messages import NothingToDecide, send_single_again, treat_single_as_sent
from services.job_names import DELIVER_SMS
from tests import factories as make
from tests.services.sms_scene import PRICE, SmsScene, number_of

ONE_HUNDRED = 100 * 10_000


@pytest.fixture
def scene(database: Flask, now: datetime) -> SmsScene:
    return SmsScene(now)


def written(scene: SmsScene) -> Message:
    account = scene.paying
    message = make.make_message(
        scene.session,
        channel=Channel.SMS,
        sms_account_id=account.id,
        sender=account.sender,
        address=number_of(1),
        body_text="Zapraszamy",
        created_at=scene.clock.now,
        due_at=scene.clock.now,
    )
    scene.session.commit()
    return message


def deliver(scene: SmsScene, message: Message, *answers: Outcome) -> Status:
    """What becomes of the text when the gateway answers so."""
    return scene.deliver_single(message, *answers)


def status_of(scene: SmsScene, message: Message) -> Status:
    scene.session.refresh(message)
    return message.status


def send_again(scene: SmsScene, message: Message) -> None:
    rung: list[tuple[object, ...]] = []
    send_single_again(
        scene.session,
        message.id,
        actor_id=None,
        now=scene.clock.now,
        enqueue=lambda *ring: rung.append(ring),
    )
    assert rung == [(DELIVER_SMS, scene.paying.id, None, message.id, message.id)]


def audited(scene: SmsScene) -> list[tuple[str, str]]:
    wanted = sa.select(AuditEntry.action, AuditEntry.entity_id).where(AuditEntry.entity == "message")
    return [(action, number) for action, number in scene.session.execute(wanted)]


def in_order(scene: SmsScene) -> None:
    assert check_ledger(scene.session).problems == ()
    assert check_reports(scene.session).problems == ()


def test_an_uncertain_text_sent_again_is_paid_back_and_charged_anew(scene: SmsScene) -> None:
    message = written(scene)
    assert deliver(scene, message, Uncertain("", "no answer")) == Status.UNCERTAIN
    assert scene.paying.balance == ONE_HUNDRED - PRICE
    send_again(scene, message)
    assert scene.paying.balance == ONE_HUNDRED
    assert len(scene.entries(EntryKind.REFUND)) == 1
    assert status_of(scene, message) == Status.QUEUED
    assert deliver(scene, message) == Status.SENT
    assert scene.paying.balance == ONE_HUNDRED - PRICE
    assert len({text.reference for text in scene.gateway.handed}) == 2
    assert audited(scene) == [("uncertain_again", str(message.id))]
    in_order(scene)


def test_an_uncertain_text_treated_as_sent_stays_charged_and_is_never_sent_again(scene: SmsScene) -> None:
    message = written(scene)
    deliver(scene, message, Uncertain("", "no answer"))
    treat_single_as_sent(scene.session, message.id, actor_id=None, now=scene.clock.now)
    assert status_of(scene, message) == Status.SENT
    assert (scene.paying.balance, deliver(scene, message)) == (ONE_HUNDRED - PRICE, Status.SENT)
    assert len(scene.gateway.handed) == 1
    assert audited(scene) == [("uncertain_sent", str(message.id))]
    in_order(scene)


def test_a_failed_text_is_sent_again(scene: SmsScene) -> None:
    message = written(scene)
    assert deliver(scene, message, Refused("13", "no")) == Status.FAILED
    send_again(scene, message)
    assert deliver(scene, message) == Status.SENT
    assert scene.paying.balance == ONE_HUNDRED - PRICE
    assert audited(scene) == [("resend", str(message.id))]
    in_order(scene)


def test_a_message_is_decided_on_once_and_a_campaign_s_not_here(scene: SmsScene) -> None:
    message = written(scene)
    with pytest.raises(NothingToDecide):
        send_again(scene, message)
    deliver(scene, message, Uncertain("", "no answer"))
    treat_single_as_sent(scene.session, message.id, actor_id=None, now=scene.clock.now)
    with pytest.raises(NothingToDecide):
        treat_single_as_sent(scene.session, message.id, actor_id=None, now=scene.clock.now)
    campaign = scene.texts(1)
    [of_campaign] = scene.messages(campaign)
    scene.gateway.answers[number_of(1)] = [Uncertain("", "no answer")]
    scene.deliver(campaign)
    with pytest.raises(NothingToDecide):
        send_again(scene, of_campaign)
    assert scene.statuses(campaign) == [Status.UNCERTAIN]
    assert audited(scene) == [("uncertain_sent", str(message.id))]
