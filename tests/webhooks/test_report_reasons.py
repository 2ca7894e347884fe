"""What a report tells beside yes and no is kept, and shown: when it was, and why a text has not arrived."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from domain.delivery import DeliveryState
from models import db
from models.message import Message
from tests.services.sms_scene import SmsScene

SECRET = "0" * 40
REPORT = f"/sms/{SECRET}/report"
EXPIRED, DELIVERED, UNDELIVERED, REJECTED = "402", "404", "405", "407"


@pytest.fixture
def scene(app: Flask, now: datetime) -> SmsScene:
    return SmsScene(now)


def sent(scene: SmsScene) -> Message:
    campaign = scene.texts(1)
    scene.deliver(campaign)
    return scene.messages(campaign)[0]


def report(client: FlaskClient, scene: SmsScene, status: str, moment: datetime | None = None) -> None:
    done = {"donedate": str(int(moment.timestamp()))} if moment else {}
    reference = scene.gateway.handed[-1].reference
    assert client.get(REPORT, query_string={"status": status, "idx": reference, **done}).text == "OK"


def again(message: Message) -> Message:
    db.session.expire_all()
    return db.session.get_one(Message, message.id)


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (EXPIRED, "EXPIRED", "The telephone could not be reached"),
        (REJECTED, "REJECTED", "The network does not deliver this text"),
        (UNDELIVERED, "UNDELIVERED", "The network says that the text has not arrived"),
    ],
)
def test_a_text_that_has_not_arrived_says_why_and_since_when(
    client: FlaskClient, scene: SmsScene, status: str, code: str, said: str
) -> None:
    message, moment = sent(scene), datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    report(client, scene, status, moment)
    found = again(message)
    assert (found.delivery_state, found.error_code) == (DeliveryState.UNDELIVERED, code)
    assert found.error_text.startswith(said) and found.finished_at == moment


def test_what_arrives_after_all_takes_the_reason_back_and_keeps_its_time(
    client: FlaskClient, scene: SmsScene
) -> None:
    message, moment = sent(scene), datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    report(client, scene, EXPIRED, moment - timedelta(hours=1))
    report(client, scene, DELIVERED, moment)
    report(client, scene, REJECTED, moment + timedelta(minutes=1))
    found = again(message)
    assert (found.error_code, found.error_text, found.finished_at) == ("", "", moment)


def test_a_gateway_whose_clock_is_fast_is_not_believed(client: FlaskClient, scene: SmsScene) -> None:
    message = sent(scene)
    report(client, scene, DELIVERED, datetime.now(UTC) + timedelta(days=400))
    finished = again(message).finished_at
    assert finished is not None and finished <= datetime.now(UTC)
