"""A notification comes back, and both cards say so: real SMTP server, real IMAP mailbox, the real panel."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast

import pytest
import sqlalchemy as sa
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask
from sqlalchemy import orm

from domain.bounces import BounceKind
from domain.channel import Channel
from domain.delivery import DeliveryState, Status
from domain.events import EventKind
from domain.notification_rules import Withheld
from extensions.wiring import wiring
from jobs.deliver import deliver
from jobs.fetch_mail import fetch_mail
from models import db
from models.bounce import Bounce
from models.mail_account import MailSecurity
from models.message import Message
from models.notification import Notification
from models.repair import Repair
from models.suppression import Suppression
from services.fire_event import Occurrence, fire_event
from tests import dovecot_peer
from tests import factories as make
from tests.admin_views.conftest import Visitor
from tests.imap_peer import PASSWORD, USER, ImapPeer, imap_peer
from tests.service_desk import ADDRESS, make_repair, make_told_client
from tests.smtp_peers import aiosmtpd_peer

NEW_ADDRESS, WRONG_ADDRESS = "anna.nowa@poczta.example", "pomylka@poczta.example"
DSN = """From: MAILER-DAEMON@mx.poczta.example
To: {to}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

<{address}>: mailbox does not exist

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.poczta.example

Final-Recipient: rfc822; {address}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 No such user

--b--
"""


@dataclass
class MailServer:
    """Takes everything but what is for WRONG_ADDRESS; remembers what it took."""

    taken: list[tuple[str, list[str]]] = field(default_factory=list)

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, to: str, _options: list[str]
    ) -> str:
        if to == WRONG_ADDRESS:
            return "550 5.1.1 Nobody of that name here"
        envelope.rcpt_tos.append(to)
        return "250 Ok"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        self.taken.append((envelope.mail_from or "", envelope.rcpt_tos))
        return "250 Ok"


@contextmanager
def dovecot() -> Iterator[ImapPeer]:
    if not dovecot_peer.is_installed():
        if os.environ.get("GONIEC_CI") == "1":
            pytest.fail(dovecot_peer.MISSING)
        print(f"skipped: {dovecot_peer.MISSING}")
        pytest.skip(dovecot_peer.MISSING)
    with dovecot_peer.dovecot_peer() as peer:
        yield peer


@pytest.fixture(params=[imap_peer, dovecot], ids=["mail-devel", "Dovecot"])
def mailbox(request: pytest.FixtureRequest) -> Iterator[ImapPeer]:
    with request.param() as peer:
        yield peer


@pytest.fixture
def smtp() -> Iterator[tuple[MailServer, int]]:
    server = MailServer()
    with aiosmtpd_peer(server) as port:
        yield server, port


@dataclass(frozen=True)
class Office:
    """The company at work: each step commits, as a request or a job does."""

    account_id: int
    repair_id: int

    def tell(self, kind: EventKind) -> Withheld | None:
        """Tell the client of the repair by e-mail and deliver it; the reason where nothing is sent."""
        session, hands = db.session(), wiring()
        repair = session.get_one(Repair, self.repair_id)
        what = Occurrence(kind, f"command:{kind}", repair)
        fire_event(session, what, runtime=hands.ejs(), now=hands.clock())
        session.commit()
        newest = sa.select(Notification.message_id, Notification.reason).where(
            Notification.channel == Channel.EMAIL
        )
        message_id, reason = session.execute(newest.order_by(Notification.id.desc()).limit(1)).one()
        if message_id is not None:
            deliver(self.account_id, None, message_id, message_id)
        return cast("Withheld | None", reason)

    def fetch(self) -> int:
        return fetch_mail(self.account_id)

    def write_to(self, address: str) -> None:
        """The client's card gets another address, which is the one that counts from now on."""
        session = db.session()
        client = session.get_one(Repair, self.repair_id).client
        for old in client.email_addresses:
            old.is_primary = False
        session.flush()
        make.give_address(session, client, address)
        session.commit()


@pytest.fixture
def office(panel: Flask, stored: orm.Session, mailbox: ImapPeer, smtp: tuple[MailServer, int]) -> Office:
    account = make.default_account(stored)
    account.uses_settings, account.host, account.port = False, "127.0.0.1", smtp[1]
    account.security = account.imap_security = MailSecurity.NONE
    account.sender_address, account.bounce_address = "biuro@firma.example", "zwroty@firma.example"
    account.imap_host, account.imap_port = "127.0.0.1", mailbox.port
    account.imap_username, account.imap_password = USER, PASSWORD
    repair = make_repair(stored, make_told_client(stored))
    stored.commit()
    office = Office(account.id, repair.id)
    with panel.app_context():
        office.fetch()  # what lay there before
    return office


def both_cards(person: Visitor, stored: orm.Session, office: Office) -> list[str]:
    stored.rollback()
    client_id = stored.get_one(Repair, office.repair_id).client_id
    places = (f"repair/details/?id={office.repair_id}", f"client/details/?id={client_id}")
    return [person.get(f"/admin/{place}").text for place in places]


def test_a_notification_that_comes_back_blocks_its_address_and_both_cards_say_so(
    panel: Flask,
    visit: Callable[[str], Visitor],
    stored: orm.Session,
    office: Office,
    mailbox: ImapPeer,
    smtp: tuple[MailServer, int],
) -> None:
    server, operator = smtp[0], visit("operator")
    with panel.app_context():
        assert office.tell(EventKind.REPAIR_RECEIVED) is None
        [(return_path, [told])] = server.taken
        assert told == ADDRESS
    assert not any("nothing is sent there" in card for card in both_cards(operator, stored, office))

    mailbox.put(DSN.format(to=return_path, address=ADDRESS).replace("\n", "\r\n").encode())
    with panel.app_context():
        assert office.fetch() == 1
    bounce = stored.scalars(sa.select(Bounce)).one()
    assert (bounce.kind, bounce.address) == (BounceKind.DSN, ADDRESS)
    assert bounce.message and bounce.message.delivery_state is DeliveryState.BOUNCED
    block = stored.scalars(sa.select(Suppression)).one()
    for card in both_cards(operator, stored, office):
        assert f"{ADDRESS} is blocked: nothing is sent there" in card
        assert "Bounce: 5.1.1" in card and "No such user" in card
        assert f'datetime="{block.created_at.isoformat()}"' in card

    with panel.app_context():
        assert office.tell(EventKind.REPAIR_READY) is Withheld.BLOCKED_EMAIL
        office.write_to(NEW_ADDRESS)
        assert office.tell(EventKind.REPAIR_CLOSED) is None
        assert [told for _path, told in server.taken] == [[ADDRESS], [NEW_ADDRESS]]
    for card in both_cards(operator, stored, office):
        assert f"{ADDRESS} is blocked" in card and f"{NEW_ADDRESS} is blocked" not in card

    with panel.app_context():
        office.write_to(WRONG_ADDRESS)
        assert office.tell(EventKind.REPAIR_DELIVERED) is None
    refused = stored.scalars(sa.select(Message).where(Message.address == WRONG_ADDRESS)).one()
    assert refused.status is Status.FAILED and len(server.taken) == 2
    for card in both_cards(operator, stored, office):
        assert f"{WRONG_ADDRESS} is blocked: nothing is sent there" in card
        assert "Nobody of that name here" in card and f"{NEW_ADDRESS} is blocked" not in card
