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
from domain.return_path import answer_address
from extensions.wiring import wiring
from gateways.files import FileStore
from models import db
from models.consent import ConsentPurpose
from models.message import Message, Origin
from models.setting import LINK_KEY, secret_of
from services.ask_for_consent import Asking, ask_to_confirm
from services.compose_mail import Envelope, Outgoing, Sender
from services.compose_single import SingleComposer
from services.send_single import SingleOrder, send_single
from services.withdraw_by_link import message_of_link
from services.write_single import Written
from tests import factories as make
from tests import two_way_scene as scene
from tests.consent_scene import make_scene, the_letter

BASE = "https://goniec.example"


@pytest.fixture
def session(database: Flask) -> Session:
    return db.session()


def composed(
    session: Session, message: Message, now: datetime, store: FileStore, *, takes_answers: bool = False
) -> EmailMessage:
    """The message as the mail server gets it."""
    key, office = secret_of(session.connection(), LINK_KEY), Mailbox("Goniec", "biuro@goniec.example")
    sender = Sender(office, Mailbox("", "odpowiedzi@goniec.example"), BASE, key, takes_answers)
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


@pytest.mark.parametrize("address", ["anna@poczta.example", "anna @poczta.example"])
def test_no_transaction_stays_open_while_the_server_is_waited_for(
    session: Session, now: datetime, tmp_path: Path, address: str
) -> None:
    """One is composed while the server has the one before, also one that turns out to be unsendable."""
    message = sent(session, Purpose.SERVICE, now)
    message.address = address
    session.commit()
    outgoing = Outgoing(message.id, address, "", 0, {})
    sender = Sender(Mailbox("", "biuro@goniec.example"), None, BASE, b"key")
    session.rollback()
    for _message, envelope in SingleComposer(session, sender, FileStore(tmp_path)).compose([outgoing], now):
        assert isinstance(envelope, Envelope) is (" " not in address)
        assert not session.in_transaction()


def test_what_is_no_marketing_offers_no_unsubscribing(
    session: Session, now: datetime, tmp_path: Path
) -> None:
    letter = composed(session, sent(session, Purpose.SERVICE, now), now, FileStore(tmp_path))
    assert letter["List-Unsubscribe"] is None and letter["List-Unsubscribe-Post"] is None
    assert f"{BASE}/u/" not in letter.as_string()


@pytest.mark.parametrize("purpose", [ConsentPurpose.DATA_PROCESSING, ConsentPurpose.OTHER])
def test_nor_does_what_relies_on_a_consent_to_something_else(
    session: Session, now: datetime, tmp_path: Path, purpose: ConsentPurpose
) -> None:
    """The link withdraws consent to marketing: here it would change nothing."""
    message = sent(session, Purpose.SERVICE, now)
    definition = make.make_definition(session, channel=None, purpose=purpose)
    message.origin = Origin.EVENT
    message.consent_event_id = make.grant(session, message.client, definition).id  # type: ignore[arg-type]
    session.commit()
    letter = composed(session, message, now, FileStore(tmp_path))
    assert letter["List-Unsubscribe"] is None and letter["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("origin", [Origin.EVENT, Origin.SEQUENCE])
def test_what_nobody_sent_by_hand_says_so(
    session: Session, now: datetime, tmp_path: Path, origin: Origin
) -> None:
    """RFC 3834 5; marketing among it keeps the headers of its kind."""
    message = sent(session, Purpose.MARKETING, now)
    message.origin = origin
    session.commit()
    letter = composed(session, message, now, FileStore(tmp_path))
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_nor_did_anybody_write_what_a_client_asked_for_at_the_page_of_consents(
    session: Session, now: datetime, tmp_path: Path
) -> None:
    there = make_scene(session)
    order = Asking(there.client.id, there.by_mail.id)
    ask_to_confirm(session, order, base_url=BASE, now=now, enqueue=lambda *_ring: None)
    letter = composed(session, the_letter(session), now, FileStore(tmp_path))
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["X-Auto-Response-Suppress"] == "OOF, AutoReply" and letter["List-Unsubscribe"] is None


def test_what_a_person_sent_does_not(session: Session, now: datetime, tmp_path: Path) -> None:
    letter = composed(session, sent(session, Purpose.SERVICE, now), now, FileStore(tmp_path))
    assert letter["Auto-Submitted"] is None and letter["In-Reply-To"] is None
    assert letter["Reply-To"] == "odpowiedzi@goniec.example"


def test_answers_come_to_an_address_of_the_messages_own(
    session: Session, now: datetime, tmp_path: Path
) -> None:
    message = sent(session, Purpose.SERVICE, now)
    letter = composed(session, message, now, FileStore(tmp_path), takes_answers=True)
    key = secret_of(session.connection(), LINK_KEY)
    assert letter.get_all("Reply-To") == [
        f"Goniec <{answer_address('odpowiedzi@goniec.example', message.id, key)}>"
    ]


def test_an_answer_stands_below_what_it_answers(session: Session, now: datetime, tmp_path: Path) -> None:
    first, answer = sent(session, Purpose.SERVICE, now), make.make_message(session)
    heard = scene.hear(
        session,
        first.conversation,  # type: ignore[arg-type]
        channel=Channel.EMAIL,
        rfc_message_id="<a@b.example>",
        answers_id=first.id,
    )
    answer.answers_id, answer.subject = heard.id, "Re: Naprawa"
    session.commit()
    letter = composed(session, answer, now, FileStore(tmp_path))
    ours = composed(session, first, now, FileStore(tmp_path))["Message-ID"]
    assert (letter["In-Reply-To"], letter["References"]) == ("<a@b.example>", f"{ours} <a@b.example>")
    heard.rfc_message_id = "<a@b>\r\nBcc: x@y.example"
    session.commit()
    assert composed(session, answer, now, FileStore(tmp_path))["Bcc"] is None
