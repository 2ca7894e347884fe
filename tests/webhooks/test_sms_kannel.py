"""Kannel's calls to `/sms/<secret>/…`: its own way of reporting, and an answer that reaches no telephone."""

from collections.abc import Iterator
from datetime import datetime
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from domain.channel import Channel
from domain.delivery import DeliveryState, Status
from models import db
from models.message import DeliveryAttempt, Direction, Message
from models.sms_gateway import GatewayKind, SmsGateway
from tests import factories as make

SECRET = "k" * 43
REPORT = f"/sms/{SECRET}/report"
INCOMING = f"/sms/{SECRET}/incoming?id=A-1&from=%2B48600100200&to=48123&charset=UTF-16BE&at=1763784357&text="


@pytest.fixture
def attempt(app: Flask, now: datetime) -> Iterator[DeliveryAttempt]:
    """A text that was handed to a Kannel, and nobody knows whether it was taken."""
    with app.app_context():
        row = SmsGateway(
            name="Kannel", kind=GatewayKind.KANNEL, address="http://127.0.0.1:9", callback_secret=SECRET
        )
        db.session.add(row)
        message = make.make_message(
            db.session(), channel=Channel.SMS, address="+48600100200", status=Status.UNCERTAIN
        )
        attempt = DeliveryAttempt(message_id=message.id, uuid=str(uuid4()), started_at=now)
        db.session.add(attempt)
        db.session.commit()
        yield attempt


def report(client: FlaskClient, attempt: DeliveryAttempt, status: int) -> int:
    query = {"ref": attempt.uuid, "status": status, "at": 1763784357, "theirs": "T-1", "said": "ACK/"}
    return client.get(REPORT, query_string=query).status_code


def test_delivered_stays_delivered_though_accepted_is_heard_after_it(
    client: FlaskClient, attempt: DeliveryAttempt
) -> None:
    assert [report(client, attempt, status) for status in (1, 8, 1)] == [200, 200, 200]
    message = db.session.get_one(Message, attempt.message_id, populate_existing=True)
    assert (message.status, message.delivery_state) == (Status.SENT, DeliveryState.DELIVERED)
    assert message.provider_reference == "T-1"


def test_a_text_heard_twice_is_kept_once_and_answered_with_nothing(
    client: FlaskClient, attempt: DeliveryAttempt
) -> None:
    answers = [client.get(f"{INCOMING}%00T%00A%00K%01%05") for _ in range(2)]
    assert [(answer.status_code, answer.data) for answer in answers] == [(200, b"")] * 2
    [text] = db.session.scalars(sa.select(Message).where(Message.direction == Direction.INCOMING))
    assert (text.body_text, text.address) == ("TAKą", "+48600100200")


@pytest.mark.usefixtures("attempt")
def test_what_smsapi_would_say_is_not_kannels(client: FlaskClient) -> None:
    assert client.get(f"{REPORT}?MsgId=1&status=404&idx=r-1").status_code == 400
    assert (
        client.post(f"/sms/{SECRET}/incoming", data={"sms_text": "a", "sms_from": "48600100200"}).status_code
        == 400
    )


@pytest.mark.usefixtures("attempt")
def test_a_nul_in_a_text_is_left_out_of_it(client: FlaskClient) -> None:
    assert client.get(f"{INCOMING}%00T%00%00%00A%00K").status_code == 200
    [text] = db.session.scalars(sa.select(Message).where(Message.direction == Direction.INCOMING))
    assert text.body_text == "TAK"
