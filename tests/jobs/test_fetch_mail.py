"""From a notification to the block: a real SMTP sink, a real IMAP mailbox, and what came back."""

from collections.abc import Iterator
from datetime import datetime
from socket import create_server
from threading import Thread
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask

from domain.bounces import BounceKind
from domain.delivery import DeliveryState
from domain.events import EventKind
from domain.notification_rules import Withheld
from domain.return_path import return_path
from domain.smtp_replies import BounceVerdict
from extensions.wiring import wiring
from jobs.deliver import deliver
from jobs.fetch_mail import fetch_mail
from models import db
from models.bounce import Bounce
from models.mail_account import MailAccount, MailFolder, MailSecurity
from models.message import Direction, Message
from models.setting import LINK_KEY, secret_of
from models.suppression import Suppression
from services.fire_event import Occurrence, fire_event
from services.ring_mailboxes import EVERY, ring_mailboxes
from tests import factories as make
from tests.imap_peer import PASSWORD, USER, ImapPeer, imap_peer
from tests.service_desk import ADDRESS, make_repair, make_told_client
from tests.smtp_peers import aiosmtpd_peer


@pytest.fixture(scope="module")
def server() -> Iterator[ImapPeer]:
    with imap_peer() as peer:
        yield peer


class _Sink:
    def __init__(self) -> None:
        self.envelopes: list[tuple[str, list[str]]] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        self.envelopes.append((envelope.mail_from or "", envelope.rcpt_tos))
        return "250 Ok"


@pytest.fixture
def sink() -> Iterator[tuple[_Sink, int]]:
    sink = _Sink()
    with aiosmtpd_peer(sink) as port:
        yield sink, port


@pytest.fixture
def account(database: Flask, server: ImapPeer, sink: tuple[_Sink, int]) -> MailAccount:
    """Sends to the sink, fetches from the server; what lies there already was read before."""
    account = make.default_account(db.session())
    account.uses_settings, account.host, account.port = False, "127.0.0.1", sink[1]
    account.security = account.imap_security = MailSecurity.NONE
    account.sender_address, account.bounce_address = "biuro@firma.example", "zwroty@firma.example"
    account.imap_host, account.imap_port = "127.0.0.1", server.port
    account.imap_username, account.imap_password = USER, PASSWORD
    db.session.commit()
    account_id = account.id
    fetch_mail(account_id)
    for table in (Bounce, Message):
        db.session.execute(sa.delete(table))
    db.session.commit()
    return db.session.get_one(MailAccount, account_id)


def dsn(to: str, address: str = ADDRESS, status: str = "5.1.1", text: str = "No such user") -> bytes:
    """What Postfix sends back (RFC 3464)."""
    lines = f"""From: MAILER-DAEMON@mx.poczta.example
To: {to}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

<{address}>: {text}

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.poczta.example

Final-Recipient: rfc822; {address}
Action: failed
Status: {status}
Diagnostic-Code: smtp; 550 {status} {text}

--b--
"""
    return lines.replace("\n", "\r\n").encode()


def told(now: datetime) -> Message:
    """A client is told of a repair by e-mail, which leaves."""
    session = db.session()
    repair = make_repair(session, make_told_client(session))
    what = Occurrence(EventKind.REPAIR_RECEIVED, f"command:{repair.id}", repair)
    fired = fire_event(session, what, runtime=wiring().ejs(), now=now)
    session.commit()
    (mail,) = (each.message for each in fired.event.notifications if each.message)
    assert mail.account_id
    message_id, account_id = mail.id, mail.account_id
    assert deliver(account_id, None, message_id, message_id) == 1
    return db.session.get_one(Message, message_id)


def path_of(message: Message) -> str:
    return return_path("zwroty@firma.example", message.id, secret_of(db.session.connection(), LINK_KEY))


def bounces() -> list[Bounce]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Bounce).order_by(Bounce.id)))


def blocks() -> int:
    return db.session.scalar(sa.select(sa.func.count(Suppression.id))) or 0


def test_a_notification_that_comes_back_blocks_its_address(
    account: MailAccount, server: ImapPeer, sink: tuple[_Sink, int], now: datetime
) -> None:
    account_id = account.id
    message = told(now)
    message_id = message.id
    ((return_to, recipients),) = sink[0].envelopes
    assert (return_to, recipients) == (path_of(message), [ADDRESS])
    server.put(dsn(return_to))
    assert fetch_mail(account_id) == 1
    (bounce,) = bounces()
    message = db.session.get_one(Message, message_id)
    assert (bounce.kind, bounce.verdict) == (BounceKind.DSN, BounceVerdict.BLOCK)
    assert bounce.message_id == message_id
    assert bounce.suppression is not None and bounce.client_id == message.client_id
    assert message.delivery_state is DeliveryState.BOUNCED
    again = make_repair(db.session(), message.client)  # type: ignore[arg-type]
    what = Occurrence(EventKind.REPAIR_CLOSED, "command:again", again)
    fired = fire_event(db.session(), what, runtime=wiring().ejs(), now=now)
    assert Withheld.BLOCKED_EMAIL in {each.reason for each in fired.event.notifications}


def test_a_mail_is_taken_once(account: MailAccount, server: ImapPeer, now: datetime) -> None:
    account_id = account.id
    server.put(dsn(path_of(told(now))))
    assert (fetch_mail(account_id), fetch_mail(account_id)) == (1, 0)
    assert len(bounces()) == 1


def test_a_folder_whose_numbers_began_anew_is_read_again_without_duplicates(
    account: MailAccount, server: ImapPeer, now: datetime
) -> None:
    account_id = account.id
    server.put(dsn(path_of(told(now))))
    fetch_mail(account_id)
    db.session.execute(sa.update(MailFolder).values(uidvalidity=1))
    db.session.commit()
    known = len(bounces())
    fetch_mail(account_id)
    taken = db.session.scalars(sa.select(Message).where(Message.direction == Direction.INCOMING)).all()
    assert len({each.idempotency_key for each in taken}) == len(taken)
    ours = [each for each in bounces() if each.message_id]
    assert len(ours) == 1 and len(bounces()) >= known


@pytest.mark.parametrize("to", ["zwroty@firma.example", "zwroty+1-aaaaaaaaaaaaaaaa@firma.example"])
def test_a_bounce_that_nobody_signed_blocks_nobody(
    account: MailAccount, server: ImapPeer, now: datetime, to: str
) -> None:
    account_id = account.id
    told(now)
    server.put(dsn(to, text=f"No such user, {to}"))
    assert fetch_mail(account_id) == 1
    (bounce,) = bounces()
    assert (bounce.verdict, bounce.suppression_id, bounce.message_id) == (BounceVerdict.BLOCK, None, None)
    assert blocks() == 0


def test_a_signed_bounce_about_somebody_else_blocks_nobody(
    account: MailAccount, server: ImapPeer, now: datetime
) -> None:
    account_id = account.id
    server.put(dsn(path_of(told(now)), address="ktos.inny@poczta.example"))
    fetch_mail(account_id)
    assert blocks() == 0 and bounces()[0].message_id is None


def test_the_third_soft_bounce_in_thirty_days_blocks(
    account: MailAccount, server: ImapPeer, now: datetime
) -> None:
    account_id = account.id
    for _number in range(3):
        assert blocks() == 0
        server.put(dsn(path_of(told(now)), status="5.4.4", text="Host unreachable"))
        fetch_mail(account_id)
    assert blocks() == 1 and [bool(each.suppression_id) for each in bounces()] == [False, False, True]


def test_one_message_that_comes_back_three_times_is_one_soft_bounce(
    account: MailAccount, server: ImapPeer, now: datetime
) -> None:
    account_id, path = account.id, path_of(told(now))
    for number in range(3):
        server.put(dsn(path, status="5.4.4", text=f"Host unreachable, copy {number}"))
        fetch_mail(account_id)
    assert blocks() == 0 and len(bounces()) == 3


def test_a_mailbox_that_cannot_be_read_says_why_on_its_account(account: MailAccount) -> None:
    account_id = account.id
    account.imap_password = "zle-haslo"
    db.session.commit()
    assert fetch_mail(account_id) == 0
    failed = db.session.get_one(MailAccount, account_id)
    assert failed.fetch_failure.startswith("The mailbox cannot be read:") and failed.fetched_at


def test_no_transaction_is_open_while_a_server_is_waited_for(account: MailAccount) -> None:
    account_id, session, seen = account.id, db.session(), list[bool]()
    with create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            peer, _address = listening.accept()
            with peer:
                seen.append(session.in_transaction())

        silent = Thread(target=answer)
        silent.start()
        account.imap_port = listening.getsockname()[1]
        db.session.commit()
        assert fetch_mail(account_id) == 0
        silent.join()
    assert seen == [False]


def test_a_mailbox_is_rung_for_once_a_minute(account: MailAccount, now: datetime) -> None:
    rings: list[Any] = []
    account.fetched_at = now
    account_id = account.id
    db.session.commit()
    session = db.session()
    assert ring_mailboxes(session, now=now + EVERY / 2, enqueue=lambda *ring: rings.append(ring)) == 0
    assert ring_mailboxes(session, now=now + EVERY, enqueue=lambda *ring: rings.append(ring)) == 1
    assert rings == [("jobs.fetch_mail.fetch_mail", account_id)]
