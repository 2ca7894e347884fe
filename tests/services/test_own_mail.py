"""A copy to ourselves and a loop are nobody's answer: kept once, decided, and in no conversation."""

from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.bounces import BounceKind
from models import db
from models.bounce import Bounce
from models.client import Client
from models.conversation import Conversation
from models.message import Direction, Message
from models.suppression import Suppression
from tests import factories as make
from tests import two_way_scene as scene
from tests.mail_scene import (
    OFFICE,
    arrive,
    letter,
    message_id,
    open_mailbox,
    received,
    reply_to,
    sent_mail,
)
from tests.service_desk import ADDRESS

RETURNED, ANSWERS = "zwroty@firma.example", "odpowiedzi@firma.example"


@pytest.fixture
def session(sqlite_app: Flask) -> Session:
    session = db.session()
    open_mailbox(session)
    account = make.default_account(session)
    account.bounce_address, account.reply_to = RETURNED, ANSWERS
    session.commit()
    return session


@pytest.fixture
def ours(session: Session) -> Message:
    message = sent_mail(session, scene.make_writer(session))
    session.commit()
    return message


def heard(session: Session) -> list[Conversation]:
    return list(session.scalars(sa.select(Conversation)))


@pytest.mark.parametrize(
    "sender",
    [
        OFFICE,
        "Serwis <BIURO@firma.example>",
        RETURNED,
        ANSWERS,
        "bounce+1-abcdefghijklmnop@firma.example",
        "odpowiedzi+12-abcdefghijklmnop@firma.example",
    ],
)
@pytest.mark.parametrize("address", ["signed", "copy"])
def test_what_is_from_an_address_of_ours_is_nobodys_answer(
    session: Session, ours: Message, now: datetime, sender: str, address: str
) -> None:
    if sender.startswith("bounce+"):
        make.default_account(session).bounce_address = "bounce@firma.example"
        session.commit()
    to = reply_to(session, ours) if address == "signed" else ADDRESS
    raw = letter("tak", From=sender, To=to)
    assert arrive(session, raw, now)
    assert not arrive(session, raw, now)
    (kept,), (bounce,) = received(session), session.scalars(sa.select(Bounce))
    assert (kept.conversation_id, kept.client_id, kept.answers_id) == (None, None, None)
    assert (bounce.kind, bounce.handled_at, bounce.client_id) == (BounceKind.OTHER, now, None)
    assert "tak" in bounce.raw
    assert heard(session) == [] and ours.conversation_id is None


def test_our_own_message_is_known_by_its_id_whoever_says_to_have_sent_it(
    session: Session, ours: Message, now: datetime
) -> None:
    """A mailing list puts its own address into From."""
    arrive(session, letter(From="lista@lista.example", Message_ID=message_id(session, ours)), now)
    assert heard(session) == [] and received(session)[0].conversation_id is None


def test_our_words_about_a_failure_block_nobody(session: Session, ours: Message, now: datetime) -> None:
    said = f"The message to {ADDRESS} was not delivered: 550 5.1.1 user unknown"
    headers = {"Subject": "Undelivered Mail Returned to Sender", "Return_Path": "<>"}
    arrive(session, letter(said, From=OFFICE, Message_ID=message_id(session, ours), **headers), now)
    assert list(session.scalars(sa.select(Suppression))) == []
    assert {each.kind for each in session.scalars(sa.select(Bounce))} == {BounceKind.OTHER}


def test_the_default_sender_is_ours_as_well(session: Session, ours: Message, now: datetime) -> None:
    raw = letter("tak", From="domyslny@firma.example", To=reply_to(session, ours))
    arrive(session, raw, now, default_sender="domyslny@firma.example")
    assert heard(session) == []


def test_who_fills_in_a_form_of_ours_is_heard(session: Session, ours: Message, now: datetime) -> None:
    """The form on the page sends from the company's address, and says whom to answer."""
    arrive(session, letter("Ile to kosztuje?", From=OFFICE, Reply_To="gosc@inna.example"), now)
    (message,) = received(session)
    assert message.address == "gosc@inna.example" and message.conversation_id is not None


def test_a_client_stays_a_client(session: Session, ours: Message, now: datetime) -> None:
    arrive(session, letter("tak", To=reply_to(session, ours)), now)
    (conversation,) = heard(session)
    assert conversation.client_id == session.scalars(sa.select(Client.id)).one()
    assert session.scalar(sa.select(Message.id).where(Message.direction == Direction.INCOMING))
