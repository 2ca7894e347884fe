"""E-mail that arrives in a mailbox, for tests of what becomes of it."""

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from itertools import count

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.delivery import Status
from domain.links import sign_id
from domain.return_path import answer_address
from models.client import Client
from models.mail_account import MailFolder
from models.message import Direction, Message
from models.setting import LINK_KEY, secret_of
from services.take_mail import PlaceOfMail, take_mail
from tests import factories as make
from tests import two_way_scene as scene
from tests.service_desk import ADDRESS

OFFICE = "biuro@firma.example"
_uids = count(1)


def open_mailbox(session: Session) -> None:
    """The default account takes answers."""
    account = make.default_account(session)
    account.takes_answers, account.sender_address = True, OFFICE
    session.add(MailFolder(account_id=account.id, path="INBOX", name="INBOX"))
    session.commit()


def arrive(
    session: Session, raw: bytes, now: datetime, uid: int | None = None, default_sender: str = ""
) -> bool:
    """The fetcher finds it."""
    folder = session.scalars(sa.select(MailFolder)).one()
    place = PlaceOfMail(folder, 7, uid or next(_uids))
    return take_mail(session, place, raw, now=now, default_sender=default_sender)


def letter(said: str = "Kiedy odbiór?", **headers: str) -> bytes:
    """From the client to the office unless told otherwise; header names with _ for -, empty ones left out."""
    written = EmailMessage()
    defaults = {
        "From": f"Anna Nowak <{ADDRESS}>",
        "To": OFFICE,
        "Subject": "Naprawa",
        "Message_ID": f"<{next(_uids)}@poczta.example>",
        "Date": "Mon, 02 Mar 2026 09:00:00 +0100",
    }
    for name, value in (defaults | headers).items():
        if value:
            written[name.replace("_", "-")] = value
    written.set_content(said)
    return written.as_bytes(policy=SMTP)


def key_of(session: Session) -> bytes:
    return secret_of(session.connection(), LINK_KEY)


def sent_mail(session: Session, client: Client | None, **values: object) -> Message:
    """An e-mail of ours, which belongs to no conversation."""
    message = make.make_message(
        session,
        **{
            "client_id": client.id if client else None,
            "address": ADDRESS,
            "address_digest": scene.digest(session, ADDRESS),
            "account_id": make.default_account(session).id,
            "status": Status.SENT,
            "sent_at": scene.WHEN,
        }
        | values,
    )
    session.commit()
    return message


def reply_to(session: Session, message: Message) -> str:
    return answer_address(OFFICE, message.id, key_of(session))


def message_id(session: Session, message: Message) -> str:
    return f"<{sign_id('message-id', message.id, key_of(session))}@firma.example>"


def received(session: Session) -> list[Message]:
    found = sa.select(Message).where(Message.direction == Direction.INCOMING).order_by(Message.id)
    return list(session.scalars(found))
