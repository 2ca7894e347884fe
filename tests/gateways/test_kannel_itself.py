"""The real Kannel, where it is installed: texts out, reports and texts back, through our own webhook."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from domain.channel import Channel
from domain.delivery import DeliveryState, Status
from domain.outcomes import Accepted, AccountRefused, Refused
from domain.repairs import RepairState
from domain.segments import split
from domain.text_messages import TextMessage
from extensions.wiring import wiring
from gateways.ejs import EjsRuntime
from gateways.kannel import KannelGateway
from jobs.deliver_sms import deliver_sms
from jobs.sms_routes import open_routes
from models import db
from models.message import DeliveryAttempt, Direction, Message
from models.price_list import SmsPrice
from models.repair import ChangeSource, CostOffer, OfferState
from models.sms_account import SmsAccount
from models.sms_gateway import GatewayKind, SmsGateway
from services.fire_event import Ring
from services.make_offer import OfferTerms, make_offer
from services.move_repair import Mover, move_repair
from tests import factories as make
from tests.gateways.kannel_boxes import MISSING, Boxes, is_installed, kannel
from tests.service_desk import make_repair, make_told_client

# A gate that was to install it finds out here that it did not.
pytestmark = pytest.mark.skipif(not is_installed() and os.environ.get("GONIEC_CI") != "1", reason=MISSING)
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


def asked_about_a_cost(session: Session, runtime: EjsRuntime, now: datetime) -> tuple[int, tuple[Ring, ...]]:
    """A repair that comes to await the acceptance of 123.45 PLN, and what is to be rung for; commits."""
    account = session.scalars(sa.select(SmsAccount)).one()
    account.balance, account.sender = 100_000, "+48600000001"
    session.add(SmsPrice(name="Polska", prefix="48", gross_per_part=1_500, valid_from=date(2026, 1, 1)))
    repair = make_repair(session, make_told_client(session), RepairState.DIAGNOSIS)
    who, wanted = Mover(ChangeSource.PANEL), RepairState.AWAITING_ACCEPTANCE
    offer, _not_asked_yet = make_offer(
        session, repair.id, OfferTerms(1_234_500), who, runtime=runtime, now=now
    )
    moved = move_repair(session, repair.id, wanted, who, runtime=runtime, now=now)
    session.commit()
    return offer.id, moved.rings


def test_a_yes_by_telephone_sets_the_repair_going(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with installation(app, tmp_path) as (base, boxes), app.app_context():
        hands = replace(wiring(), base_url=base)
        monkeypatch.setitem(app.extensions, "goniec", hands)
        offer_id, rings = asked_about_a_cost(db.session(), hands.ejs(), hands.clock())
        [text] = [ring for ring in rings if ring.channel is Channel.SMS]
        assert deliver_sms(text.account_id, None, text.message_id, text.message_id) == 1
        question = db.session.get_one(Message, text.message_id)
        parts = boxes.arrived(question.parts or 0)
        assert "".join(part.text for part in parts) == question.body_text
        assert {part.number for part in parts} == {NUMBER} and "123,45 z" in (question.body_text or "")
        boxes.hear(NUMBER, "Tak, proszę")
        thanks = sa.select(Message).where(Message.idempotency_key.like("answer:%"))
        thanked = eventually(lambda: db.session.scalars(thanks).one_or_none())
        offer = db.session.get_one(CostOffer, offer_id)
        assert (offer.state, offer.repair.state) == (OfferState.ACCEPTED, RepairState.IN_REPAIR)
        answer = db.session.get_one(Message, offer.decided_by_message_id)
        assert (answer.body_text, answer.conversation_id) == ("Tak, proszę", question.conversation_id)
        assert (thanked.status, thanked.address) == (Status.QUEUED, NUMBER)


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
