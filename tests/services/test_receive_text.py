"""A client's text: which conversation it joins, and what it does by itself, once."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.answers import Answer
from domain.channel import Channel
from domain.delivery import Status
from domain.repairs import RepairState
from domain.text_messages import IncomingText
from extensions.wiring import wiring
from models import db
from models.client import Client
from models.consent import ConsentEvent, ConsentMethod
from models.conversation import Conversation, ConversationState
from models.message import Direction, Message
from models.repair import ChangeSource, CostOffer, OfferState, Repair, RepairChange
from services.make_offer import OfferTerms, make_offer
from services.move_repair import Mover, move_repair
from services.receive_text import Received, receive_text
from tests import factories as make
from tests.service_desk import NUMBER, give_offer, make_repair, make_told_client

Receive = Callable[..., Received]
PANEL = Mover(ChangeSource.PANEL)


@pytest.fixture
def session(database: Flask) -> Session:
    return db.session()


@pytest.fixture
def client(session: Session) -> Client:
    return make_told_client(session)


@pytest.fixture
def rings() -> list[tuple[object, ...]]:
    return []


@pytest.fixture
def receive(session: Session, now: datetime, rings: list[tuple[object, ...]]) -> Receive:
    def receive(text: str, sender: str = NUMBER, reference: str = "", at: datetime = now) -> Received:
        incoming = IncomingText(reference or f"r-{text}-{at}"[:100], sender, "", text, at)
        return receive_text(
            session, None, incoming, runtime=wiring().ejs(), now=at, enqueue=lambda *ring: rings.append(ring)
        )

    return receive


def went_out(session: Session) -> list[Message]:
    """Every text in the queue is sent."""
    texts = list(
        session.scalars(
            sa.select(Message)
            .where(Message.channel == Channel.SMS, Message.direction == Direction.OUTGOING)
            .order_by(Message.id)
        )
    )
    for text in texts:
        if text.status is Status.QUEUED:
            text.status, text.sent_at = Status.SENT, text.created_at
    session.commit()
    return texts


@pytest.fixture
def asked(session: Session, client: Client, now: datetime) -> CostOffer:
    """An offer of 123.45 PLN, good for a week, whose question reached the client's telephone."""
    repair = make_repair(session, client)
    offer = give_offer(session, repair, expires_on=now.date() + timedelta(days=7))
    move_repair(session, repair.id, RepairState.AWAITING_ACCEPTANCE, PANEL, runtime=wiring().ejs(), now=now)
    went_out(session)
    return offer


# --- tak, nie ---


@pytest.mark.parametrize(
    ("text", "state", "repair_state"),
    [
        ("Tak, proszę", OfferState.ACCEPTED, RepairState.IN_REPAIR),
        ("NIE", OfferState.REJECTED, RepairState.READY_FOR_PICKUP),
    ],
)
def test_an_answer_decides_the_offer_and_moves_the_repair(
    session: Session,
    asked: CostOffer,
    receive: Receive,
    text: str,
    state: OfferState,
    repair_state: RepairState,
) -> None:
    received = receive(text)
    assert (asked.state, asked.repair.state) == (state, repair_state)
    assert asked.decided_by_message_id == received.message.id
    step = session.scalars(sa.select(RepairChange).order_by(RepairChange.id.desc()).limit(1)).one()
    assert (step.source, step.message_id) == (ChangeSource.ANSWER, received.message.id)


def test_the_client_is_thanked_once_in_the_same_conversation(
    session: Session, asked: CostOffer, receive: Receive, rings: list[tuple[object, ...]]
) -> None:
    received = receive("tak", reference="7")
    again = receive("tak", reference="7")
    assert again.message.id == received.message.id and not again.is_new
    (thanks,) = session.scalars(sa.select(Message).where(Message.idempotency_key.like("answer:%")))
    assert "123,45 zł" in (thanks.body_text or "")
    assert thanks.conversation_id == received.message.conversation_id == went_out(session)[0].conversation_id
    assert len(rings) == 1


@pytest.mark.parametrize("text", ["tak ale taniej", "ok?", "Kiedy będzie gotowe?", ""])
def test_anything_else_waits_for_a_person(
    session: Session, asked: CostOffer, receive: Receive, text: str
) -> None:
    received = receive(text)
    assert (asked.state, received.reaction.said) == (OfferState.OPEN, Answer.UNCLEAR)
    conversation = session.get_one(Conversation, received.message.conversation_id)
    assert (conversation.unread, conversation.awaits_answer) == (1, True)


def test_a_second_contrary_answer_flips_nothing(
    session: Session, asked: CostOffer, receive: Receive, now: datetime
) -> None:
    receive("tak")
    went_out(session)
    second = receive("nie", at=now + timedelta(minutes=5))
    assert (asked.state, asked.repair.state) == (OfferState.ACCEPTED, RepairState.IN_REPAIR)
    assert second.reaction.said is Answer.UNCLEAR


def test_an_answer_to_a_later_text_about_something_else_decides_nothing(
    session: Session, client: Client, asked: CostOffer, receive: Receive, now: datetime
) -> None:
    later = make.make_message(
        session,
        channel=Channel.SMS,
        client_id=client.id,
        address=NUMBER,
        address_digest=client.phone_numbers[0].address_digest,
        status=Status.SENT,
        sent_at=now + timedelta(hours=1),
    )
    session.commit()
    received = receive("tak", at=now + timedelta(hours=2))
    assert asked.state is OfferState.OPEN
    assert received.message.conversation_id == later.conversation_id is not None
    assert received.message.is_ambiguous


def test_an_answer_to_a_replaced_version_decides_nothing(
    session: Session, asked: CostOffer, receive: Receive, now: datetime
) -> None:
    """The question about the second version never left; the newest text is about the first."""
    newer, _fired = make_offer(
        session, asked.repair_id, OfferTerms(20_000_000), PANEL, runtime=wiring().ejs(), now=now
    )
    session.commit()
    receive("tak")
    assert (asked.state, newer.state) == (OfferState.REPLACED, OfferState.OPEN)


def test_an_answer_after_the_last_day_decides_nothing(
    session: Session, asked: CostOffer, receive: Receive, now: datetime
) -> None:
    asked.expires_on = date(2020, 1, 1)
    session.commit()
    receive("tak")
    assert asked.state is OfferState.OPEN


# --- which conversation ---


def test_answers_about_two_repairs_go_to_the_newest(
    session: Session, client: Client, receive: Receive, now: datetime
) -> None:
    repairs: list[Repair] = [make_repair(session, client, RepairState.IN_REPAIR) for _number in range(2)]
    for minutes, repair in enumerate(repairs):
        move_repair(
            session,
            repair.id,
            RepairState.READY_FOR_PICKUP,
            PANEL,
            runtime=wiring().ejs(),
            now=now + timedelta(minutes=minutes),
        )
        went_out(session)
    received = receive("Dziękuję", at=now + timedelta(hours=1))
    newest = session.get_one(Conversation, received.message.conversation_id)
    assert newest.topic == f"repair:{repairs[1].id}" and received.message.is_ambiguous


def test_a_closed_conversation_opens_again(session: Session, asked: CostOffer, receive: Receive) -> None:
    session.execute(sa.update(Conversation).values(state=ConversationState.CLOSED))
    session.commit()
    received = receive("Halo?")
    found = session.get_one(Conversation, received.message.conversation_id)
    assert found.state is ConversationState.OPEN and not received.message.is_ambiguous


def test_an_unknown_number_gets_one_conversation_of_its_own(session: Session, receive: Receive) -> None:
    first, second = receive("Dzień dobry", "+48700100200"), receive("Halo?", "+48700100200")
    assert first.message.conversation_id == second.message.conversation_id
    found = session.get_one(Conversation, first.message.conversation_id)
    assert (found.client_id, found.unread) == (None, 2)


def test_a_client_who_writes_first_gets_a_conversation_with_their_name(
    session: Session, client: Client, receive: Receive
) -> None:
    received = receive("Dzień dobry")
    found = session.get_one(Conversation, received.message.conversation_id)
    assert found.client_id == client.id == received.message.client_id


# --- STOP ---


def test_stop_withdraws_marketing_by_sms_and_is_confirmed_once(
    session: Session, client: Client, receive: Receive
) -> None:
    texts, mails = (
        make.make_definition(session, channel=channel) for channel in (Channel.SMS, Channel.EMAIL)
    )
    make.grant(session, client, texts)
    make.grant(session, client, mails)
    session.commit()
    first, second = receive("Rezygnuję!"), receive("STOP", reference="2")
    (event,) = session.scalars(sa.select(ConsentEvent).where(ConsentEvent.method == ConsentMethod.SMS))
    assert (event.definition_id, event.source) == (texts.id, f"#{first.message.id}")
    assert (first.reaction.stopped, second.reaction.stopped) == (1, 0)
    assert len(list(session.scalars(sa.select(Message).where(Message.idempotency_key.like("answer:%"))))) == 1


def test_stop_inside_a_sentence_withdraws_nothing(session: Session, client: Client, receive: Receive) -> None:
    make.grant(session, client, make.make_definition(session, channel=Channel.SMS))
    session.commit()
    assert receive("stop reklamom w radiu").reaction.stopped == 0
