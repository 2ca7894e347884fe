"""What an answer did, or did not do, is written down with it as it came."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.delivery import Status
from domain.effects import Effect
from domain.repairs import RepairState
from domain.text_messages import IncomingText
from extensions.wiring import wiring
from models import db
from models.client import Client
from models.message import Direction, Message, Origin
from models.notification import Notification
from models.repair import ChangeSource, CostOffer
from services.decide_offer import decide_offer
from services.make_offer import OfferTerms, make_offer
from services.move_repair import Mover, move_repair
from services.receive_text import receive_text
from tests import factories as make
from tests.mail_scene import arrive, letter, open_mailbox, received, reply_to
from tests.service_desk import NUMBER, give_offer, make_repair, make_told_client

Say = Callable[..., str | None]
PANEL = Mover(ChangeSource.PANEL)


@pytest.fixture
def session(database: Flask) -> Session:
    open_mailbox(db.session())
    return db.session()


@pytest.fixture
def client(session: Session) -> Client:
    return make_told_client(session)


@pytest.fixture
def asked(session: Session, client: Client, now: datetime) -> CostOffer:
    """An offer whose questions, a text and a letter, reached the client."""
    repair = make_repair(session, client)
    offer = give_offer(session, repair, expires_on=now.date() + timedelta(days=7))
    move_repair(session, repair.id, RepairState.AWAITING_ACCEPTANCE, PANEL, runtime=wiring().ejs(), now=now)
    went_out(session)
    return offer


def went_out(session: Session) -> None:
    for message in session.scalars(sa.select(Message).where(Message.status == Status.QUEUED)):
        message.status, message.sent_at = Status.SENT, message.created_at
    session.commit()


@pytest.fixture
def say(session: Session, now: datetime) -> Say:
    """What a text of the client's is marked with, some minutes on."""

    def say(text: str, minutes: int = 0) -> str | None:
        at = now + timedelta(minutes=minutes)
        incoming = IncomingText(f"r-{text}-{minutes}", NUMBER, "", text, at)
        found = receive_text(
            session, None, incoming, runtime=wiring().ejs(), now=at, enqueue=lambda *_ring: None
        )
        went_out(session)
        return (found.message.merge_values or {}).get("effect")

    return say


def test_a_yes_with_more_words_needs_a_decision(session: Session, asked: CostOffer, say: Say) -> None:
    assert say("tak ale taniej") == Effect.NEEDS_DECISION
    (text,) = received(session)
    assert text.merge_values == {
        "effect": "needs_decision",
        "version": "1",
        "number": asked.repair.number,
    }


def test_what_decides_an_offer_is_named_by_the_offer(session: Session, asked: CostOffer, say: Say) -> None:
    assert say("tak") is None
    assert asked.decided_by_message_id == received(session)[0].id


@pytest.mark.parametrize(
    ("first", "then", "effect"),
    [
        ("tak", "nie", Effect.ALREADY_ACCEPTED),
        ("tak", "tak", Effect.ALREADY_ACCEPTED),
        ("nie", "tak", Effect.ALREADY_REJECTED),
        ("tak", "Dziękuję, kiedy odbiór?", None),
    ],
)
def test_a_second_answer_says_that_the_first_one_stands(
    asked: CostOffer, say: Say, first: str, then: str, effect: Effect | None
) -> None:
    """It comes after our thanks for the first one."""
    say(first)
    assert say(then, minutes=5) == effect


def test_a_mark_says_how_it_was_when_the_answer_came(
    session: Session, asked: CostOffer, say: Say, now: datetime
) -> None:
    say("tak ale taniej")
    decide_offer(session, asked.id, accepted=True, mover=PANEL, runtime=wiring().ejs(), now=now)
    went_out(session)
    assert say("nie", minutes=5) == Effect.ALREADY_ACCEPTED
    assert [(each.merge_values or {})["effect"] for each in received(session)] == [
        Effect.NEEDS_DECISION,
        Effect.ALREADY_ACCEPTED,
    ]


def test_an_answer_to_a_replaced_version_says_so(
    session: Session, asked: CostOffer, say: Say, now: datetime
) -> None:
    make_offer(session, asked.repair_id, OfferTerms(20_000_000), PANEL, runtime=wiring().ejs(), now=now)
    session.commit()
    assert say("tak") == Effect.REPLACED


def test_an_answer_after_the_last_day_says_so(session: Session, asked: CostOffer, say: Say) -> None:
    asked.expires_on = date(2020, 1, 1)
    session.commit()
    assert say("tak") == Effect.EXPIRED


def test_an_answer_about_a_repair_that_went_on_says_so(session: Session, asked: CostOffer, say: Say) -> None:
    asked.repair.state = RepairState.IN_REPAIR
    session.commit()
    assert say("tak") == Effect.NOT_AWAITING


@pytest.mark.parametrize(("decided", "effect"), [(False, Effect.NEEDS_DECISION), (True, None)])
def test_a_yes_to_what_a_person_wrote_is_about_an_offer_only_while_it_is_open(
    session: Session, client: Client, asked: CostOffer, say: Say, now: datetime, decided: bool, effect: str
) -> None:
    if decided:
        say("tak")
    question = session.scalars(
        sa.select(Message).where(Message.origin == Origin.EVENT, Message.channel == Channel.SMS)
    ).first()
    assert question is not None
    make.make_message(
        session,
        channel=Channel.SMS,
        client_id=client.id,
        address=NUMBER,
        address_digest=client.phone_numbers[0].address_digest,
        conversation_id=question.conversation_id,
        origin=Origin.MANUAL,
        status=Status.SENT,
        sent_at=now + timedelta(hours=1),
    )
    session.commit()
    assert say("tak", minutes=90) == effect


@pytest.mark.parametrize(("granted", "effect"), [(True, Effect.STOPPED), (False, Effect.NOTHING_TO_STOP)])
def test_stop_says_whether_there_was_anything_to_withdraw(
    session: Session, client: Client, say: Say, granted: bool, effect: Effect
) -> None:
    if granted:
        make.grant(session, client, make.make_definition(session, channel=Channel.SMS))
        session.commit()
    assert say("STOP") == effect


def test_a_text_about_nothing_that_was_asked_has_no_mark(client: Client, say: Say) -> None:
    assert say("tak") is None


@pytest.mark.parametrize(
    ("said", "first", "headers", "effect"),
    [
        ("tak", "", {}, Effect.NEEDS_DECISION),
        ("Za drogo.", "", {}, Effect.NEEDS_DECISION),
        ("nie", "tak", {}, Effect.ALREADY_ACCEPTED),
        ("Dziękuję, do zobaczenia", "tak", {}, None),
        ("tak", "", {"Auto_Submitted": "auto-replied"}, None),
    ],
)
def test_a_letter_decides_nothing_and_says_so(
    session: Session,
    asked: CostOffer,
    say: Say,
    now: datetime,
    said: str,
    first: str,
    headers: dict[str, str],
    effect: Effect | None,
) -> None:
    if first:
        say(first)
    question = session.scalars(
        sa.select(Message)
        .join(Notification, Notification.message_id == Message.id)
        .where(Message.channel == Channel.EMAIL, Message.direction == Direction.OUTGOING)
        .order_by(Message.id)
    ).first()
    assert question is not None
    quoted = "\n\nW dniu 02.03.2026 o 10:00, Serwis pisze:\n> Czy akceptuje Pan koszt?\n"
    arrive(session, letter(f"{said}{quoted}", To=reply_to(session, question), **headers), now)
    assert (received(session)[-1].merge_values or {}).get("effect") == effect
