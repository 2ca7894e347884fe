"""Whoever can write an e-mail can write this: it is kept whole, and the next one comes through."""

from datetime import datetime

import sqlalchemy as sa
from flask import Flask

from models import db
from models.bounce import Bounce
from models.mail_account import MailFolder
from models.message import MessageAddress
from tests import two_way_scene as scene
from tests.mail_scene import arrive, letter, open_mailbox, received
from tests.service_desk import ADDRESS

FROM = f"From: Anna <{ADDRESS}>\r\n".encode()
TEXT = b"Content-Type: text/plain; charset="
HOSTILE = {
    "nothing": b"",
    "zeros": b"\0" * 4000,
    "no headers": b"\r\n\r\nDzien dobry",
    "no sender": b"Subject: x\r\n\r\nx",
    "a sender who is no address": b"From: undisclosed\r\n\r\nx",
    "zeros everywhere": FROM + b"Subject: a\0b\r\nMessage-ID: <a\0b@c>\r\n\r\nTa\0k\0",
    "an unknown charset": FROM + TEXT + b"x-klingon-8\r\n\r\n\xe6\xea\xff",
    "a charset that is no text": FROM + TEXT + b"base64\r\n\r\n\xe6\xea\xff",
    "UTF-7": FROM + TEXT + b"utf-7\r\n\r\n+2AA-+AAA-",
    "lone surrogates": FROM + TEXT + b"utf-16-be\r\n\r\n\xd8\x00\xd8\x00",
    "broken base64": FROM + TEXT + b"utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n=A=B*",
    "a broken date": FROM + b"Date: Mon, 99 Foo 99999999999 99:99:99 +9999\r\n\r\nx",
    "a date far ahead": FROM + b"Date: Fri, 31 Dec 9999 23:59:59 -1200\r\n\r\nx",
    "a long address": b"From: " + b"a" * 5000 + b"@b.example\r\n\r\nx",
    "a long subject": FROM + b"Subject: " + b"x" * 100_000 + b"\r\n\r\nx",
    "a long name": b"From: " + b"x" * 3000 + b" <" + ADDRESS.encode() + b">\r\n\r\nx",
    "brackets": b"From: " + b"(" * 3900 + b"\r\nTo: " + b"<" * 3900 + b"\r\n\r\nx",
    "many recipients": FROM + b"To: " + b"a@b.example, " * 10_000 + b"\r\n\r\nx",
    "many headers": FROM + b"X: y\r\n" * 50_000 + b"\r\nx",
    "many references": FROM + b"References: " + b"<a@b> " * 50_000 + b"\r\n\r\nx",
    "a header in a header": FROM + b"Message-ID: <a@b>\r\n Bcc: <c@d>\r\nSubject: x\r\n\tBcc: y\r\n\r\nx",
    "three million letters": FROM + b"\r\n" + b"ab " * 1_000_000,
    "a million lines": FROM + b"\r\n" + b"On 1 Jan 2026\r\n" * 60_000,
    "deep parts": FROM + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' * 3000,
}  # fmt: skip


def test_each_is_kept_whole_and_the_next_comes_through(database: Flask, now: datetime) -> None:
    session = db.session()
    open_mailbox(session)
    scene.make_writer(session)
    session.commit()
    for uid, (name, raw) in enumerate(HOSTILE.items(), start=1000):
        assert arrive(session, raw, now, uid), name
        assert not arrive(session, raw, now, uid), name
        assert session.scalars(sa.select(MailFolder.uidnext)).one() == uid + 1
    assert arrive(session, letter("Po wszystkim"), now)
    kept = received(session)
    assert len(kept) == len(HOSTILE) + 1 and kept[-1].body_text == "Po wszystkim"
    for message in kept:
        assert message.conversation_id or message.address_digest is None
    joined = {each.id for each in kept if each.conversation_id}
    senders = set(session.scalars(sa.select(MessageAddress.message_id).where(MessageAddress.role == "from")))
    assert joined == senders
    assert session.scalar(sa.select(sa.func.count(Bounce.id))) == len(kept) - len(joined)
    assert not any("\0" in (each.body_text or "") for each in kept)


def test_a_report_on_hundreds_keeps_its_bytes_once(sqlite_app: Flask, now: datetime) -> None:
    """Otherwise a letter of 100 kB would fill the database with 20 MB."""
    session = db.session()
    open_mailbox(session)
    named = "".join(
        f"Final-Recipient: rfc822; {number}@poczta.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        for number in range(300)
    )
    report = (
        "From: mailer-daemon@mx.example\r\nContent-Type: multipart/report; boundary=b\r\n\r\n--b\r\n"
        f"Content-Type: message/delivery-status\r\n\r\n{named}--b--\r\n"
    )
    arrive(session, report.encode(), now)
    kept = session.scalars(sa.select(Bounce.raw)).all()
    assert len(kept) > 100 and sum(map(len, kept)) <= 3 * len(report) and any(kept)
