"""The bytes of a message that belongs to no campaign."""

from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from domain.channel import Channel, Purpose
from domain.mail_headers import Mailbox
from extensions.wiring import wiring
from gateways.files import FileStore
from models import db
from models.message import Message
from models.setting import LINK_KEY, secret_of
from services.compose_mail import Envelope, Outgoing, Sender
from services.compose_single import SingleComposer
from services.send_single import SingleOrder, send_single
from services.withdraw_by_link import message_of_link
from services.write_single import Written
from tests import factories as make

BASE = "https://goniec.example"


@pytest.fixture
def session(database: Flask) -> Session:
    return db.session()


def composed(session: Session, message: Message, now: datetime, store: FileStore) -> EmailMessage:
    """The message as the mail server gets it."""
    sender = Sender(
        Mailbox("Goniec", "biuro@goniec.example"), None, BASE, secret_of(session.connection(), LINK_KEY)
    )
    outgoing = Outgoing(message.id, message.address, message.recipient_name, 0, {})
    ((_, envelope),) = SingleComposer(session, sender, store).compose([outgoing], now)
    assert isinstance(envelope, Envelope)
    return message_from_bytes(envelope.payload, policy=policy.default)


def sent(session: Session, purpose: Purpose, now: datetime) -> Message:
    client = make.make_person(session, "Anna", "Nowak", email="anna@poczta.example")
    make.grant(session, client, make.make_definition(session))
    session.commit()
    written = Written(Channel.EMAIL, "<p>Zapraszamy</p>", "Dzie\u0144 otwarty", purpose)
    order = SingleOrder(client.id, written, "8f9f0a3c-52b1-4b8b-9d7e-1d5d6b1a0c11", None)
    return send_single(session, order, wiring().ejs(), base_url=BASE, now=now, enqueue=lambda *_ring: None)[0]


def test_marketing_to_one_client_unsubscribes_with_one_click(
    session: Session, now: datetime, tmp_path: Path
) -> None:
    message = sent(session, Purpose.MARKETING, now)
    letter = composed(session, message, now, FileStore(tmp_path))
    url = letter["List-Unsubscribe"].strip("<>")
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message_of_link(session, url.removeprefix(f"{BASE}/u/")) is message
    for kind in ("plain", "html"):
        part = letter.get_body((kind,))
        assert part is not None and url in part.get_content()


def test_what_is_no_marketing_offers_no_unsubscribing(
    session: Session, now: datetime, tmp_path: Path
) -> None:
    letter = composed(session, sent(session, Purpose.SERVICE, now), now, FileStore(tmp_path))
    assert letter["List-Unsubscribe"] is None and letter["List-Unsubscribe-Post"] is None
    assert f"{BASE}/u/" not in letter.as_string()
