"""What an SMSC says over a worker's own connection: kept in the database before the SMSC is answered."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask

from domain.delivery import DeliveryState, Status
from extensions.wiring import wiring
from gateways.smpp import SmppGateway
from jobs import sms_listen
from jobs.sms_inbox import inbox_of
from jobs.sms_listen import LOCK, listen_to_gateways, listen_until_stopped
from jobs.sms_routes import close_gateways, gateway_of
from models import db
from models.message import Direction, Message
from models.sms_gateway import GatewayKind, SmsGateway
from sandbox.smsc import SandboxSmsc
from tests.services.sms_scene import SmsScene, number_of

NUMBER = "+48600100200"


@pytest.fixture
def smsc() -> Iterator[SandboxSmsc]:
    with SandboxSmsc() as running:
        yield running


@pytest.fixture
def row(sqlite_app: Flask, smsc: SandboxSmsc) -> Iterator[int]:
    """A gateway of that kind, set up as in the panel; its connections end with the test."""
    row = SmsGateway(
        name="Operator",
        kind=GatewayKind.SMPP,
        address=smsc.address,
        username=smsc.settings.system_id,
        password=smsc.settings.password,
        callback_secret="p" * 43,
    )
    db.session.add(row)
    db.session.commit()
    yield row.id
    close_gateways()


def incoming() -> list[str]:
    db.session.rollback()
    statement = (
        sa.select(Message.body_text).where(Message.direction == Direction.INCOMING).order_by(Message.id)
    )
    return list(db.session.scalars(statement))


def test_texts_of_a_campaign_are_reported_on_over_the_connection_they_left_by(
    database: Flask, now: datetime, smsc: SandboxSmsc
) -> None:
    scene = SmsScene(now)
    [gateway_id] = scene.gateways
    gateway = SmppGateway(smsc.settings, inbox_of(gateway_id))
    scene.gateways[gateway_id] = gateway  # type: ignore[assignment]
    campaign_id = scene.texts(3, text="Zażółć gęślą jaźń. " * 10)
    assert scene.deliver(campaign_id) == 3
    sent = smsc.taken()
    assert [text.number for text in sent] == [number_of(place)[1:] for place in (1, 2, 3)]
    with ThreadPoolExecutor() as pool:
        states = ("DELIVRD", "UNDELIV", "ENROUTE")
        told = [
            pool.submit(smsc.report, text.ids[-1], state) for text, state in zip(sent, states, strict=True)
        ]
        while not all(each.done() for each in told):
            assert gateway.listen() is None
    assert [each.result() for each in told] == [0, 0, 0]
    scene.session.expire_all()
    messages = scene.messages(campaign_id)
    assert [message.status for message in messages] == [Status.SENT] * 3
    assert [message.delivery_state for message in messages] == [
        DeliveryState.DELIVERED, DeliveryState.UNDELIVERED, None
    ]  # fmt: skip
    gateway.close()


def test_a_worker_with_nothing_to_send_binds_in_order_to_listen(row: int, smsc: SandboxSmsc) -> None:
    assert listen_to_gateways() == 1
    with ThreadPoolExecutor() as pool:
        told = pool.submit(smsc.write, NUMBER, "TAK 😀")
        while not told.done():
            listen_to_gateways()
    assert told.result() == 0
    assert (incoming(), smsc.binds) == (["TAK 😀"], 1)


def test_one_process_alone_binds_in_order_to_listen(row: int, smsc: SandboxSmsc) -> None:
    wiring().doorbell.connection.set(LOCK.format(gateway_id=row), "another:1")
    listen_to_gateways()
    assert smsc.binds == 0
    gateway = gateway_of(db.session.get_one(SmsGateway, row), wiring())
    assert isinstance(gateway, SmppGateway)
    gateway.listen()  # bound for another reason: what comes is heard
    with ThreadPoolExecutor() as pool:
        told = pool.submit(smsc.write, NUMBER, "NIE")
        while not told.done():
            listen_to_gateways()
    assert incoming() == ["NIE"]


def test_the_listener_beside_a_worker_hears_and_ends(
    sqlite_app: Flask, row: int, smsc: SandboxSmsc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sms_listen, "LISTEN_SECONDS", 0.02)
    stopped = threading.Event()
    thread = threading.Thread(target=listen_until_stopped, args=(sqlite_app, stopped))
    thread.start()
    assert smsc.write(NUMBER, "TAK") == 0
    stopped.set()
    thread.join(5)
    assert not thread.is_alive() and incoming() == ["TAK"]


def test_new_settings_take_the_place_of_the_old_connection(row: int, smsc: SandboxSmsc) -> None:
    listen_to_gateways()
    with SandboxSmsc() as other:
        db.session.get_one(SmsGateway, row).address = other.address
        db.session.commit()
        listen_to_gateways()
        assert other.bound() == 1
        close_gateways()


def test_a_gateway_that_cannot_be_used_is_named_once(
    row: int, smsc: SandboxSmsc, caplog: pytest.LogCaptureFixture
) -> None:
    db.session.get_one(SmsGateway, row).password = "far too long for SMPP"
    db.session.commit()
    said: dict[int, str] = {}
    for _ in range(3):
        listen_to_gateways(said)
    [record] = [record for record in caplog.records if record.name == "jobs.sms_listen"]
    assert "password has at most 8" in record.getMessage() and "far too" not in record.getMessage()
    assert smsc.binds == 0
