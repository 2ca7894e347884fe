"""The real Kannel, where it is installed: texts out, reports and texts back, through our own webhook."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.serving import make_server

from domain.channel import Channel
from domain.delivery import DeliveryState, Status
from domain.outcomes import Accepted, AccountRefused, Refused
from domain.segments import split
from domain.text_messages import TextMessage
from extensions.wiring import wiring
from gateways.kannel import KannelGateway
from jobs.sms_routes import open_routes
from models import db
from models.message import DeliveryAttempt, Direction, Message
from models.sms_gateway import GatewayKind, SmsGateway
from tests import factories as make
from tests.gateways.kannel_boxes import MISSING, Boxes, is_installed, kannel

pytestmark = pytest.mark.skipif(not is_installed(), reason=MISSING)
NUMBER = "+48600100200"
SECRET = "s" * 43
WAIT_SECONDS = 60.0


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The application on a real socket."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def installation(app: Flask, directory: Path, *incoming: str) -> Iterator[tuple[str, Boxes]]:
    """A Kannel whose texts come to us."""
    with served(app) as base, kannel(directory, f"{base}/sms/{SECRET}/incoming", *incoming) as boxes:
        row = SmsGateway(
            name="Kannel",
            kind=GatewayKind.KANNEL,
            address=boxes.settings.base_url,
            username=boxes.settings.username,
            password=boxes.settings.password,
            callback_secret=SECRET,
        )
        with app.app_context():
            db.session.add(row)
            db.session.commit()
        yield base, boxes


def eventually(ask: Callable[[], Message | None]) -> Message:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        db.session.rollback()
        if answer := ask():
            return answer
        time.sleep(0.05)
    raise TimeoutError


def text(written: str, **more: str) -> TextMessage:
    return TextMessage(
        **{"number": NUMBER, "text": written, "sender": "Goniec", "reference": str(uuid4()), **more}
    )


def test_a_text_goes_out_and_its_delivery_comes_back(app: Flask, tmp_path: Path, now: datetime) -> None:
    with installation(app, tmp_path) as (base, boxes), app.app_context():
        message = make.make_message(
            db.session(), channel=Channel.SMS, address=NUMBER, status=Status.UNCERTAIN
        )
        attempt = DeliveryAttempt(message_id=message.id, uuid=str(uuid4()), started_at=now)
        db.session.add(attempt)
        db.session.commit()
        [route] = open_routes(db.session(), replace(wiring(), base_url=base), now)
        written = "Zażółć gęślą jaźń " * 8
        assert route.gateway.send(text(written, reference=attempt.uuid)) == Accepted()
        assert "".join(part.text for part in boxes.arrived(3)) == written
        message_id = message.id

        def delivered() -> Message | None:
            known = db.session.get_one(Message, message_id, populate_existing=True)
            return known if known.delivery_state else None

        known = eventually(delivered)
        assert known.delivery_state is DeliveryState.DELIVERED
        assert known.status is Status.SENT  # the report proves that it was taken
        assert known.gateway_id == route.gateway_id and known.provider_reference


@pytest.mark.parametrize(
    ("incoming", "written"),
    [
        ("text STOP", "STOP"),
        ("text za 1+1=2%", "za 1+1=2%"),
        ("ucs2 %00T%00A%00K%01%05%D8%3D%DE%00", "TAKą😀"),
    ],
)
def test_a_text_from_a_phone_reaches_us_once(app: Flask, tmp_path: Path, incoming: str, written: str) -> None:
    with installation(app, tmp_path, f"{NUMBER} 48123 {incoming}") as (_, boxes), app.app_context():
        arrived = sa.select(Message).where(Message.direction == Direction.INCOMING)
        message = eventually(lambda: db.session.scalars(arrived).one_or_none())
        assert (message.body_text, message.address) == (written, NUMBER)
        assert message.sent_at is not None
        # Nothing goes back to the phone: whatever Kannel is answered with would.
        assert KannelGateway(boxes.settings).send(text("koniec")) == Accepted()
        assert [part.text for part in boxes.arrived(1)] == ["koniec"]


TEXTS = {
    "plain": "Hello!",
    "extension table": "[za] 100 € ~ {tyle} | \\ ^",
    "GSM letters": "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà",
    "Polish": "Zażółć gęślą jaźń",
    "extension at a part's end": "a" * 152 + "€" * 100,
    "pair at a part's end": "ż" * 66 + "\n " + "😀" * 67,
    "nine parts": "a" * 153 * 8 + "b" * 153,
    "marks": "a&b=c 100%25 +48 %d ;/?#",
}


@pytest.mark.parametrize("written", TEXTS.values(), ids=TEXTS)
def test_every_text_arrives_as_written_with_no_character_cut(tmp_path: Path, written: str) -> None:
    with kannel(tmp_path, "http://127.0.0.1:9/") as boxes:
        assert KannelGateway(boxes.settings).send(text(written)) == Accepted()
        parts = split(written)
        arrived = boxes.arrived(len(parts))
        assert [part.text for part in arrived] == parts
        assert {(part.sender, part.number) for part in arrived} == {("Goniec", NUMBER)}
        headers = [part.header for part in arrived]
        if len(parts) > 1:
            assert [header[:3] + header[4:] for header in headers] == [
                bytes((5, 0, 3, len(parts), place)) for place in range(1, len(parts) + 1)
            ]
            assert len({header[3] for header in headers}) == 1


def test_a_check_sends_nothing_and_tells_who_may_send(tmp_path: Path) -> None:
    with kannel(tmp_path, "http://127.0.0.1:9/") as boxes:
        assert KannelGateway(boxes.settings).check() is None
        assert type(KannelGateway(replace(boxes.settings, password="zle")).check()) is AccountRefused
        elsewhere = replace(boxes.settings, base_url=f"{boxes.settings.base_url}/nowhere")
        assert type(KannelGateway(elsewhere).check()) is AccountRefused


def test_a_wrong_password_is_the_accounts_fault_and_a_wrong_sender_is_not(tmp_path: Path) -> None:
    with kannel(tmp_path, "http://127.0.0.1:9/") as boxes:
        wrong = KannelGateway(replace(boxes.settings, password="zle")).send(text("a"))
        assert type(wrong) is AccountRefused and wrong.text.endswith("Authorization failed for sendsms")
        nobody = KannelGateway(boxes.settings).send(text("a", sender=""))
        assert type(nobody) is AccountRefused
        elsewhere = replace(boxes.settings, base_url=f"{boxes.settings.base_url}/nowhere")
        assert type(KannelGateway(elsewhere).send(text("a"))) is AccountRefused
        assert type(KannelGateway(boxes.settings).send(text("a", number="+48"))) is Refused
