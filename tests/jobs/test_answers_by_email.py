"""What we send is answered, and the answer answered: a real SMTP server and a real IMAP mailbox."""

from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import uuid4

import pytest
import sqlalchemy as sa
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask

from domain.channel import Channel
from domain.events import EventKind
from domain.quoted_text import pieces_of
from extensions.wiring import wiring
from jobs.deliver import deliver
from jobs.fetch_mail import fetch_mail
from models import db
from models.conversation import Conversation
from models.mail_account import MailSecurity
from models.message import AddressRole, Direction, Message
from services.answer_conversation import AnswerOrder, answer_conversation
from services.fire_event import Occurrence, fire_event
from services.write_single import Written
from tests import factories as make
from tests.imap_peer import PASSWORD, USER, imap_peer
from tests.service_desk import ADDRESS, make_repair, make_told_client
from tests.smtp_peers import aiosmtpd_peer

OFFICE = "biuro@firma.example"


class _Sink:
    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 Ok"


@pytest.fixture
def sink() -> Iterator[tuple[_Sink, int]]:
    sink = _Sink()
    with aiosmtpd_peer(sink) as port:
        yield sink, port


def account(smtp_port: int, imap_port: int) -> int:
    account = make.default_account(db.session())
    account.uses_settings, account.host, account.port = False, "127.0.0.1", smtp_port
    account.security = account.imap_security = MailSecurity.NONE
    account.sender_name, account.sender_address, account.takes_answers = "Serwis", OFFICE, True
    account.imap_host, account.imap_port = "127.0.0.1", imap_port
    account.imap_username, account.imap_password = USER, PASSWORD
    db.session.commit()
    return account.id


def told(account_id: int, now: datetime) -> None:
    """A client is told of a repair by e-mail, which leaves."""
    session = db.session()
    repair = make_repair(session, make_told_client(session))
    what = Occurrence(EventKind.REPAIR_RECEIVED, f"command:{repair.id}", repair)
    fired = fire_event(session, what, runtime=wiring().ejs(), now=now)
    session.commit()
    (mail,) = (each.message for each in fired.event.notifications if each.message)
    assert deliver(account_id, None, mail.id, mail.id) == 1


def answer_of_client(letter: EmailMessage, said: str) -> bytes:
    """As Gmail in Polish writes one."""
    answer = EmailMessage()
    answer["From"], answer["To"] = f"Anna Nowak <{ADDRESS}>", letter["Reply-To"]
    answer["Subject"] = f"Odp: {letter['Subject']}"
    answer["Message-ID"] = "<abc-1@mail.poczta.example>"
    answer["In-Reply-To"] = answer["References"] = letter["Message-ID"]
    body = letter.get_body(("plain",))
    assert body is not None
    quoted = "".join(f"> {line}\n" for line in body.get_content().splitlines())
    answer.set_content(f"{said}\n\npon., 2 mar 2026 o 10:00 Serwis <{OFFICE}> napisał(a):\n\n{quoted}")
    return answer.as_bytes(policy=policy.SMTP)


def test_an_answer_to_a_notification_is_answered_in_its_conversation(
    sqlite_app: Flask, sink: tuple[_Sink, int], now: datetime
) -> None:
    with imap_peer() as server:
        account_id = account(sink[1], server.port)
        fetch_mail(account_id)
        told(account_id, now)
        (letter,) = sink[0].letters
        assert letter["Auto-Submitted"] == "auto-generated" and OFFICE not in letter["Reply-To"]
        server.put(answer_of_client(letter, "Czy mogę odebrać w sobotę?"))
        assert (fetch_mail(account_id), fetch_mail(account_id)) == (1, 0)
    incoming = db.session.scalars(
        sa.select(Message).where(Message.direction == Direction.INCOMING, Message.address == ADDRESS)
    ).one()
    conversation = db.session.get_one(Conversation, incoming.conversation_id)
    assert conversation.topic and conversation.topic.startswith("repair:")
    assert (conversation.unread, conversation.awaits_answer) == (1, True)
    assert conversation.client_id == incoming.client_id and incoming.client_id is not None
    written, quoted = pieces_of(incoming.body_text or "")
    assert written.text.strip() == "Czy mogę odebrać w sobotę?" and quoted.is_quoted
    roles = {each.role: each.address for each in incoming.addresses}
    assert roles == {
        AddressRole.FROM: ADDRESS,
        AddressRole.TO: str(letter["Reply-To"].addresses[0].addr_spec),
    }
    order = AnswerOrder(
        conversation.id, Written(Channel.EMAIL, "<p>Tak.</p>", "Re: Naprawa"), str(uuid4()), None
    )
    ours, _new = answer_conversation(
        db.session(), order, wiring().ejs(), base_url="", now=now, enqueue=lambda *_ring: None
    )
    deliver(account_id, None, ours.id, ours.id)
    back = sink[0].letters[-1]
    assert back["In-Reply-To"] == "<abc-1@mail.poczta.example>"
    assert back["References"].split() == [letter["Message-ID"], "<abc-1@mail.poczta.example>"]
    assert back["To"].addresses[0].addr_spec == ADDRESS and back["Auto-Submitted"] is None
    assert back["Reply-To"] != letter["Reply-To"] and back["Reply-To"].addresses[0].display_name == "Serwis"
