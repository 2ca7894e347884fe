"""An e-mail joins its conversation: by what is signed, by its author, or by what a person says."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.bounces import BounceKind
from domain.return_path import return_path
from models import db
from models.bounce import Bounce
from models.client import Client, EmailAddress
from models.conversation import Conversation, ConversationState
from models.message import Direction, Message
from queries.inbox import inbox
from services.tend_conversation import link_client, mark_read
from tests import factories as make
from tests import two_way_scene as scene
from tests.mail_scene import (
    OFFICE,
    arrive,
    key_of,
    letter,
    message_id,
    open_mailbox,
    received,
    reply_to,
    sent_mail,
)
from tests.service_desk import ADDRESS

STRANGER = "ktos@inna.example"
Address = Callable[[Session, Message], dict[str, str]]


@pytest.fixture
def session(sqlite_app: Flask) -> Session:
    open_mailbox(db.session())
    return db.session()


@pytest.fixture
def client(session: Session) -> Client:
    client = scene.make_writer(session)
    session.commit()
    return client


def only(session: Session) -> tuple[Message, Conversation]:
    (message,) = received(session)
    return message, session.get_one(Conversation, message.conversation_id)


@pytest.mark.parametrize(
    "address",
    [
        lambda session, ours: {"To": reply_to(session, ours)},
        lambda session, ours: {"To": f'"Serwis, biuro" <{reply_to(session, ours).upper()}>'},
        lambda session, ours: {"Cc": f"inny@firma.example, {reply_to(session, ours)}"},
        lambda session, ours: {"Delivered_To": reply_to(session, ours)},
        lambda session, ours: {"In_Reply_To": message_id(session, ours)},
        lambda session, ours: {"References": f"<a@b.example> {message_id(session, ours)} <c@d.example>"},
    ],
)
def test_what_is_signed_leads_to_the_message_it_answers(
    session: Session, client: Client, now: datetime, address: Address
) -> None:
    """A campaign's message has no conversation until somebody answers it."""
    ours = sent_mail(session, client)
    assert arrive(session, letter(**address(session, ours)), now)
    message, conversation = only(session)
    assert (message.answers_id, ours.conversation_id) == (ours.id, conversation.id)
    assert (conversation.client_id, conversation.topic) == (client.id, f"client:{client.id}")
    assert (conversation.unread, conversation.awaits_answer, message.is_ambiguous) == (1, True, False)
    assert inbox(session).unread == 1


def test_the_address_it_came_to_counts_before_what_it_refers_to(
    session: Session, client: Client, now: datetime
) -> None:
    first, second = sent_mail(session, client), sent_mail(session, client)
    arrive(session, letter(To=reply_to(session, second), References=message_id(session, first)), now)
    assert only(session)[0].answers_id == second.id


@pytest.mark.parametrize(
    "forged",
    [
        lambda session, ours: {"To": reply_to(session, ours).replace(f"+{ours.id}-", f"+{ours.id + 1}-")},
        lambda session, ours: {"To": return_path(OFFICE, ours.id, key_of(session))},
        lambda session, ours: {"References": f"<{ours.id}-AAAAAAAAAAAAAAAAAAAA@firma.example>"},
        lambda session, ours: {"Subject": "Re: Naprawa"},
    ],
)
def test_a_stranger_gets_into_no_conversation_by_guessing(
    session: Session, client: Client, now: datetime, forged: Address
) -> None:
    ours = sent_mail(session, client)
    sent_mail(session, client)
    arrive(session, letter(**{"From": STRANGER} | forged(session, ours)), now)
    message, conversation = only(session)
    assert (message.answers_id, message.client_id, conversation.client_id) == (None, None, None)


def test_a_closed_conversation_opens_again(session: Session, client: Client, now: datetime) -> None:
    ours = sent_mail(session, client)
    arrive(session, letter(To=reply_to(session, ours)), now)
    session.execute(sa.update(Conversation).values(state=ConversationState.CLOSED, unread=0))
    session.commit()
    arrive(session, letter("Halo?", To=reply_to(session, ours)), now)
    (conversation,) = session.scalars(sa.select(Conversation))
    assert (conversation.state, conversation.unread) == (ConversationState.OPEN, 1)


def test_a_client_who_writes_first_gets_a_conversation_with_their_name(
    session: Session, client: Client, now: datetime
) -> None:
    other = scene.open_conversation(session, client, ADDRESS, topic="repair:1")
    session.commit()
    arrive(session, letter(), now)
    message, conversation = only(session)
    assert conversation.client_id == client.id == message.client_id
    assert conversation.id != other.id and message.is_ambiguous


def test_of_clients_who_share_an_address_a_person_chooses(
    session: Session, client: Client, now: datetime
) -> None:
    make.make_client(session, email=ADDRESS)
    session.commit()
    arrive(session, letter(), now)
    assert only(session)[1].client_id is None


def test_a_strangers_conversation_is_linked_and_stays_theirs(
    session: Session, client: Client, now: datetime
) -> None:
    arrive(session, letter(From=STRANGER), now)
    _message, conversation = only(session)
    link_client(session, conversation.id, client.id, add_number=True, actor_id=None, now=now)
    added = session.scalars(sa.select(EmailAddress.address).where(EmailAddress.client_id == client.id))
    assert set(added) == {ADDRESS, STRANGER}
    arrive(session, letter("Halo?", From=STRANGER), now)
    assert {each.conversation_id for each in received(session)} == {conversation.id}
    assert {each.client_id for each in received(session)} == {client.id}


def test_a_copy_that_came_another_way_is_the_same_letter(
    session: Session, client: Client, now: datetime
) -> None:
    copy = letter(Message_ID="<raz@poczta.example>")
    assert arrive(session, copy, now)
    assert not arrive(session, b"Received: from mx2\r\n" + copy, now)
    assert not arrive(session, copy, now, uid=1)
    assert len(received(session)) == 1


def test_letters_of_one_message_id_that_say_different_things_are_both_kept(
    session: Session, client: Client, now: datetime
) -> None:
    for said in ("Tak", "Nie"):
        assert arrive(session, letter(said, Message_ID="<raz@poczta.example>"), now)


def test_another_letter_under_a_number_that_was_used_before_is_kept(
    session: Session, client: Client, now: datetime
) -> None:
    """A mailbox brought back from a copy gives its numbers away again."""
    for said in ("Pierwszy", "Drugi"):
        assert arrive(session, letter(said), now, uid=5)
    first, second = received(session)
    assert [each.body_text for each in (first, second)] == ["Pierwszy", "Drugi"]
    assert (first.uid, second.uid) == (None, 5)
    assert not arrive(session, letter("Drugi", Message_ID=second.rfc_message_id or ""), now, uid=5)


def test_old_mail_stays_in_the_mailbox_unless_it_answers_ours(
    session: Session, client: Client, now: datetime
) -> None:
    long_ago = (now - timedelta(days=31)).strftime("%a, %d %b %Y %H:%M:%S +0000")
    ours = sent_mail(session, client)
    assert not arrive(session, letter(Date=long_ago), now)
    assert arrive(session, letter(Date=long_ago, To=reply_to(session, ours)), now)
    assert len(received(session)) == 1


def test_a_new_letter_from_a_computer_whose_clock_is_years_behind_is_kept(
    session: Session, client: Client, now: datetime
) -> None:
    today = f"from dom by mx.firma.example; {now:%a, %d %b %Y %H:%M:%S} +0000"
    assert arrive(session, letter(Date="Thu, 01 Jan 2015 00:00:10 +0100", Received=today), now)
    assert only(session)[1].unread == 1


# --- loops (RFC 3834) ---


@pytest.mark.parametrize(
    "signs",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"List_Id": "<lista.example>"},
        {"Return_Path": "<>"},
        {"X_Autoreply": "yes"},
        {"From": "no-reply@poczta.example"},
    ],
)
def test_what_a_machine_answers_is_kept_and_alarms_nobody(
    session: Session, client: Client, now: datetime, signs: dict[str, str]
) -> None:
    ours = sent_mail(session, client)
    assert arrive(session, letter("Jestem na urlopie", **{"To": reply_to(session, ours)} | signs), now)
    message, conversation = only(session)
    assert (message.is_automatic, message.client_id) == (True, client.id)
    assert (conversation.unread, conversation.awaits_answer, inbox(session).unread) == (0, False, 0)
    outgoing = sa.select(Message.id).where(Message.direction == Direction.OUTGOING)
    assert list(session.scalars(outgoing)) == [ours.id]


def test_an_automatic_answer_makes_nothing_unread_again(
    session: Session, client: Client, now: datetime
) -> None:
    ours = sent_mail(session, client)
    for headers in ({}, {"Auto_Submitted": "auto-replied"}):
        arrive(session, letter(f"x {headers}", To=reply_to(session, ours), **headers), now)
    person, _machine = received(session)
    mark_read(session, person.conversation_id or 0, person.id)
    assert inbox(session).unread == 0


def test_a_strangers_newsletter_opens_no_conversation(session: Session, now: datetime) -> None:
    arrive(session, letter(From=STRANGER, List_Id="<lista.example>"), now)
    assert session.scalar(sa.select(sa.func.count(Conversation.id))) == 0
    (bounce,) = session.scalars(sa.select(Bounce))
    assert bounce.kind is BounceKind.OTHER and "lista.example" in bounce.raw


def test_a_web_form_writes_in_the_name_of_whoever_filled_it_in(session: Session, now: datetime) -> None:
    arrive(session, letter(From="noreply@strona.example", Reply_To=STRANGER), now)
    message, conversation = only(session)
    assert (message.address, message.is_automatic, conversation.unread) == (STRANGER, False, 1)


def test_thanks_for_an_answer_are_a_persons(session: Session, client: Client, now: datetime) -> None:
    """The classifier of bounces would take these words for a machine's."""
    ours = sent_mail(session, client)
    subject = "Odp: Potwierdzenie przyjęcia zgłoszenia"
    arrive(session, letter("Dziękuję za szybką odpowiedź.", Subject=subject, To=reply_to(session, ours)), now)
    assert not only(session)[0].is_automatic


def test_an_account_that_takes_no_answers_keeps_mail_among_what_came_back(
    session: Session, client: Client, now: datetime
) -> None:
    make.default_account(session).takes_answers = False
    session.commit()
    arrive(session, letter(), now)
    assert received(session)[0].conversation_id is None
    assert session.scalar(sa.select(sa.func.count(Bounce.id))) == 1
