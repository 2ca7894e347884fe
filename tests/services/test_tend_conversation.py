"""Reading, assigning, closing and linking a conversation."""

from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.text_messages import IncomingText
from extensions.wiring import wiring
from models import db
from models.audit import AuditEntry
from models.conversation import Conversation, ConversationState
from models.message import Message
from queries.inbox import inbox
from services.receive_text import receive_text
from services.send_single import NoSuchClient
from services.tend_conversation import (
    HasAClient,
    NoSuchConversation,
    NoSuchPerson,
    NotOfANumber,
    assign,
    close,
    link_client,
    mark_read,
    reopen,
    unlink_client,
)
from tests import factories as make
from tests import two_way_scene as scene
from tests.service_desk import NUMBER


@pytest.fixture
def session(database: Flask) -> Session:
    return db.session()


@pytest.fixture
def conversation(session: Session) -> Conversation:
    return scene.waiting(session)


@pytest.fixture
def stranger(session: Session) -> Conversation:
    conversation = scene.open_conversation(session, None, scene.MOBILE)
    scene.hear(session, conversation, number=scene.MOBILE)
    session.commit()
    return conversation


@pytest.fixture
def receive(session: Session, now: datetime) -> Callable[[str], Message]:
    def receive(sender: str) -> Message:
        text = IncomingText("", sender, "", f"Halo {now}", now)
        return receive_text(
            session, None, text, runtime=wiring().ejs(), now=now, enqueue=lambda *_ring: None
        ).message

    return receive


def last_action(session: Session) -> str | None:
    return session.scalar(sa.select(AuditEntry.action).order_by(AuditEntry.id.desc()).limit(1))


def test_reading_marks_no_more_than_was_seen(session: Session, conversation: Conversation) -> None:
    seen = session.scalars(sa.select(Message.id)).one()
    later = scene.hear(session, conversation, "Jeszcze jedno")
    session.commit()
    for up_to, left in ((0, 2), (seen, 1), (seen, 1), (later.id, 0)):
        mark_read(session, conversation.id, up_to)
        session.refresh(conversation)
        assert conversation.unread == left


def test_reading_again_an_older_page_makes_nothing_unread(
    session: Session, conversation: Conversation
) -> None:
    (seen,) = session.scalars(sa.select(Message.id))
    mark_read(session, conversation.id, seen)
    mark_read(session, conversation.id, 0)
    session.refresh(conversation)
    assert conversation.unread == 0


def test_it_is_given_to_somebody_and_to_nobody(
    session: Session, conversation: Conversation, now: datetime
) -> None:
    person = make.make_user(session)
    session.commit()
    assign(session, conversation.id, person.id, actor_id=None, now=now)
    assert (conversation.assignee_id, last_action(session)) == (person.id, "assign")
    assign(session, conversation.id, None, actor_id=None, now=now)
    assert conversation.assignee_id is None


def test_it_is_given_to_nobody_who_is_gone(
    session: Session, conversation: Conversation, now: datetime
) -> None:
    person = make.make_user(session)
    person.active = False
    session.commit()
    for number in (person.id, 999_999):
        with pytest.raises(NoSuchPerson):
            assign(session, conversation.id, number, actor_id=None, now=now)
        session.rollback()


def test_a_closed_one_waits_for_nobody_until_it_is_written_to(
    session: Session, conversation: Conversation, now: datetime, receive: Callable[[str], Message]
) -> None:
    close(session, conversation.id, actor_id=None, now=now)
    assert (inbox(session).unread, inbox(session).awaiting) == (0, 0)
    receive(NUMBER)
    session.refresh(conversation)
    assert conversation.state is ConversationState.OPEN
    assert (inbox(session).unread, inbox(session).awaiting) == (1, 1)
    close(session, conversation.id, actor_id=None, now=now)
    reopen(session, conversation.id, actor_id=None, now=now)
    assert (conversation.state, last_action(session)) == (ConversationState.OPEN, "reopen")


def test_what_is_not_there_is_refused(session: Session, now: datetime) -> None:
    with pytest.raises(NoSuchConversation):
        close(session, 999, actor_id=None, now=now)


@pytest.mark.parametrize("add_number", [False, True])
def test_a_linked_number_keeps_its_conversation(
    session: Session,
    stranger: Conversation,
    now: datetime,
    receive: Callable[[str], Message],
    add_number: bool,
) -> None:
    """Whether or not the number became the client's: what comes later must not begin another one."""
    client = scene.make_writer(session)
    session.commit()
    link_client(session, stranger.id, client.id, add_number=add_number, actor_id=None, now=now)
    assert {message.client_id for message in session.scalars(sa.select(Message))} == {client.id}
    numbers = [(row.number, row.is_primary) for row in client.phone_numbers]
    assert numbers == [(NUMBER, True), *([(scene.MOBILE, False)] if add_number else [])]
    later = receive(scene.MOBILE)
    assert (later.conversation_id, later.client_id) == (stranger.id, client.id)


def test_the_first_number_of_a_client_is_the_primary_one(
    session: Session, stranger: Conversation, now: datetime
) -> None:
    client = make.make_client(session)
    session.commit()
    link_client(session, stranger.id, client.id, add_number=True, actor_id=None, now=now)
    assert client.primary_phone and client.primary_phone.normalised == scene.MOBILE


def test_a_conversation_is_linked_once_and_to_somebody_who_is_there(
    session: Session, stranger: Conversation, conversation: Conversation, now: datetime
) -> None:
    assert conversation.client_id
    with pytest.raises(NoSuchClient):
        link_client(session, stranger.id, 999, add_number=False, actor_id=None, now=now)
    session.rollback()
    with pytest.raises(HasAClient):
        link_client(
            session, conversation.id, conversation.client_id, add_number=False, actor_id=None, now=now
        )


def test_a_wrong_link_is_taken_back(
    session: Session, stranger: Conversation, now: datetime, receive: Callable[[str], Message]
) -> None:
    client = make.make_client(session)
    session.commit()
    link_client(session, stranger.id, client.id, add_number=False, actor_id=None, now=now)
    unlink_client(session, stranger.id, actor_id=None, now=now)
    assert (stranger.client_id, last_action(session)) == (None, "unlink")
    assert receive(scene.MOBILE).client_id is None


def test_a_clients_own_conversation_is_not_taken_away(
    session: Session, conversation: Conversation, now: datetime
) -> None:
    with pytest.raises(NotOfANumber):
        unlink_client(session, conversation.id, actor_id=None, now=now)
