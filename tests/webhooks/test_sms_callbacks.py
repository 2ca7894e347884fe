"""What SMS gateways report: in any order, any number of times, and only from where they may."""

from datetime import datetime
from itertools import permutations

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from domain.delivery import DeliveryState, Status
from domain.outcomes import Uncertain
from models import db
from models.message import Direction, Message
from models.sms_gateway import SmsGateway
from tests import factories as make
from tests.services.sms_scene import SmsScene, number_of

SECRET = "0" * 40
REPORT, INCOMING = f"/sms/{SECRET}/report", f"/sms/{SECRET}/incoming"
SENT, DELIVERED, UNDELIVERED = "403", "404", "405"
STOP = {
    "sms_to": "48123456789",
    "sms_from": "48600000001",
    "sms_text": "Dziękuję, będę",
    "sms_date": "1790000000",
    "MsgId": "M1",
}


@pytest.fixture
def scene(app: Flask, now: datetime) -> SmsScene:
    return SmsScene(now)


def sent(scene: SmsScene, recipients: int = 1) -> list[Message]:
    campaign = scene.texts(recipients)
    while scene.deliver(campaign):
        pass
    return scene.messages(campaign)


def report(client: FlaskClient, status: str, **fields: str) -> int:
    answer = client.get(REPORT, query_string={"status": status, **fields})
    assert answer.status_code != 200 or answer.text == "OK"
    return answer.status_code


def again(message: Message) -> Message:
    db.session.expire_all()
    return db.session.get_one(Message, message.id)


def reference(scene: SmsScene, place: int = -1) -> str:
    return scene.gateway.handed[place].reference


def test_a_report_says_what_became_of_a_text(client: FlaskClient, scene: SmsScene) -> None:
    (message,) = sent(scene)
    assert report(client, DELIVERED, MsgId="A1", idx=reference(scene)) == 200
    assert again(message).delivery_state == DeliveryState.DELIVERED


@pytest.mark.parametrize("order", list(permutations([SENT, UNDELIVERED, DELIVERED])))
def test_delivered_is_final_whatever_the_order(
    client: FlaskClient, scene: SmsScene, order: tuple[str, ...]
) -> None:
    (message,) = sent(scene)
    for status in (*order, SENT):
        report(client, status, idx=reference(scene))
    assert again(message).delivery_state == DeliveryState.DELIVERED
    assert again(message).status == Status.SENT


def test_a_report_proves_that_an_uncertain_text_was_taken(client: FlaskClient, scene: SmsScene) -> None:
    scene.gateway.answers[number_of(1)] = [Uncertain("", "no answer")]
    (message,) = sent(scene)
    assert message.status == Status.UNCERTAIN
    balance = scene.paying.balance
    report(client, SENT, idx=reference(scene))
    assert (again(message).status, again(message).delivery_state) == (Status.SENT, None)
    assert scene.paying.balance == balance


def test_reports_come_five_at_a_time(client: FlaskClient, scene: SmsScene) -> None:
    messages = sent(scene, 3)
    references = ",".join(text.reference for text in scene.gateway.handed)
    assert report(client, f"{DELIVERED},{UNDELIVERED},{SENT}", idx=references) == 200
    assert [again(message).delivery_state for message in messages] == [
        DeliveryState.DELIVERED, DeliveryState.UNDELIVERED, None,
    ]  # fmt: skip


def test_where_a_gateway_repeats_nothing_of_ours_its_own_name_counts(
    client: FlaskClient, scene: SmsScene
) -> None:
    (message,) = sent(scene)
    assert report(client, DELIVERED, MsgId=message.provider_reference) == 200
    assert again(message).delivery_state == DeliveryState.DELIVERED


def test_a_text_of_somebody_elses_changes_nothing(client: FlaskClient, scene: SmsScene) -> None:
    (message,) = sent(scene)
    for fields in (
        {"idx": "nobody-knows"},
        {"MsgId": "nobody"},
        {"MsgId": message.provider_reference, "idx": "x"},
    ):
        assert report(client, DELIVERED, **fields) == 200
    assert again(message).delivery_state is None


def test_another_gateway_cannot_speak_for_the_one_that_took_it(
    client: FlaskClient, app: Flask, now: datetime
) -> None:
    scene = SmsScene(now, gateways=2)
    (message,) = sent(scene)
    other = f"/sms/{'1' * 40}/report"
    client.get(other, query_string={"status": DELIVERED, "idx": reference(scene)})
    client.get(other, query_string={"status": DELIVERED, "MsgId": message.provider_reference})
    assert again(message).delivery_state is None


@pytest.mark.parametrize("path", [f"/sms/{'9' * 40}/report", f"/sms/{'9' * 40}/incoming", "/sms//report"])
def test_a_wrong_secret_is_no_address(client: FlaskClient, scene: SmsScene, path: str) -> None:
    assert client.get(path, query_string={"status": DELIVERED, "idx": "x"}).status_code == 404


@pytest.mark.parametrize("status", ["", "x", "4" * 50, "404,404,404,404,404,404"])
def test_what_cannot_be_read_is_refused(client: FlaskClient, scene: SmsScene, status: str) -> None:
    sent(scene)
    assert report(client, status, idx=reference(scene)) == 400


def test_only_the_networks_that_are_allowed_may_report(client: FlaskClient, scene: SmsScene) -> None:
    (message,) = sent(scene)
    for networks, answer in (("192.0.2.0/24", 403), ("192.0.2.0/24, 127.0.0.0/8", 200)):
        db.session.execute(sa.update(SmsGateway).values(allowed_addresses=networks))
        db.session.commit()
        assert report(client, DELIVERED, idx=reference(scene)) == answer
    assert again(message).delivery_state == DeliveryState.DELIVERED


def incoming() -> list[Message]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(Message).where(Message.direction == Direction.INCOMING)))


def test_a_text_to_us_is_stored_once_with_its_client(client: FlaskClient, scene: SmsScene) -> None:
    person = make.make_person(db.session())
    make.give_phone(db.session(), person, "600 000 001")
    db.session.commit()
    for _again in range(3):
        answer = client.post(INCOMING, data=STOP)
        assert (answer.status_code, answer.text) == (200, "OK")
    (message,) = incoming()
    assert (message.client_id, message.body_text, message.address) == (
        person.id,
        "Dziękuję, będę",
        "+48600000001",
    )


def test_the_number_that_somebody_wrote_to_is_kept(client: FlaskClient, scene: SmsScene) -> None:
    assert client.post(INCOMING, data=STOP).text == "OK"
    (message,) = incoming()
    assert [(each.role, each.address) for each in message.addresses] == [("to", "+48123456789")]


def test_texts_without_a_name_of_the_gateways_are_told_apart(client: FlaskClient, scene: SmsScene) -> None:
    nameless = {name: value for name, value in STOP.items() if name != "MsgId"}
    for text in ("TAK", "TAK", "NIE"):
        assert client.post(INCOMING, data=nameless | {"sms_text": text}).status_code == 200
    assert sorted(message.body_text or "" for message in incoming()) == ["NIE", "TAK"]


@pytest.mark.parametrize("fields", [{}, {"sms_from": "x" * 99}, {"sms_from": "600100200"}])
def test_an_incoming_text_that_cannot_be_read_is_refused(
    client: FlaskClient, scene: SmsScene, fields: dict[str, str]
) -> None:
    assert client.post(INCOMING, data=fields).status_code == 400
    assert incoming() == []
