"""A letter is answered where it was written from, below it, and only where one may write."""

from datetime import datetime
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.eligibility import Reason
from extensions.wiring import wiring
from models import db
from models.client import ClientKind, EmailAddress, Membership
from models.mail_account import MailAccount
from models.message import Direction, Message
from models.suppression import SuppressionReason
from services.answer_conversation import AnswerOrder, answer_conversation
from services.send_single import MayNotWrite
from services.suppress_address import suppress
from services.tend_conversation import link_client
from services.write_single import Written
from tests import factories as make
from tests import two_way_scene as scene
from tests.mail_scene import arrive, letter, open_mailbox, received, reply_to, sent_mail
from tests.service_desk import ADDRESS

OTHER = "praca@inna.example"


@pytest.fixture
def session(sqlite_app: Flask) -> Session:
    open_mailbox(db.session())
    scene.make_writer(db.session())
    db.session.commit()
    return db.session()


def answer(session: Session, now: datetime, subject: str = "Re: Naprawa") -> Message:
    (conversation_id,) = {each.conversation_id for each in received(session)}
    order = AnswerOrder(
        conversation_id or 0, Written(Channel.EMAIL, "<p>Jutro</p>", subject), str(uuid4()), None
    )
    return answer_conversation(
        session, order, wiring().ejs(), base_url="", now=now, enqueue=lambda *_ring: None
    )[0]


def test_the_newest_letter_is_answered_from_where_it_came_to(session: Session, now: datetime) -> None:
    second = MailAccount(name="Drugie", host="127.0.0.1")
    session.add(second)
    session.flush()
    for said in ("Kiedy?", "Halo?"):
        arrive(session, letter(said), now)
    newest = received(session)[-1]
    newest.account_id = second.id
    session.commit()
    ours = answer(session, now)
    assert (ours.answers_id, ours.account_id, ours.address) == (newest.id, second.id, ADDRESS)


def test_a_stranger_is_answered_too(session: Session, now: datetime) -> None:
    arrive(session, letter(From=OTHER), now)
    ours = answer(session, now)
    assert (ours.client_id, ours.address, ours.answers_id) == (None, OTHER, received(session)[0].id)


def test_a_machine_is_not_answered_but_the_person_it_stands_for(session: Session, now: datetime) -> None:
    sent = sent_mail(session, received_by(session))
    arrive(
        session, letter("Jestem na urlopie", From="noreply@poczta.example", To=reply_to(session, sent)), now
    )
    ours = answer(session, now)
    assert (ours.address, ours.answers_id) == (ADDRESS, None)


def received_by(session: Session) -> scene.Client:
    return session.scalars(sa.select(scene.Client)).one()


@pytest.mark.parametrize("sender", [ADDRESS, OTHER])
def test_nothing_goes_to_a_blocked_address(session: Session, now: datetime, sender: str) -> None:
    arrive(session, letter(From=sender), now)
    suppress(
        session,
        channel=Channel.EMAIL,
        address_digest=scene.digest(session, sender),
        reason=SuppressionReason.BOUNCE,
        source="dsn",
        detail="",
        actor_id=None,
        now=now,
    )
    session.commit()
    with pytest.raises(MayNotWrite) as refused:
        answer(session, now)
    session.rollback()
    assert refused.value.reason is Reason.BLOCKED_EMAIL
    assert not list(session.scalars(sa.select(Message).where(Message.direction == Direction.OUTGOING)))


def test_a_subject_somebody_else_wrote_is_no_template(session: Session, now: datetime) -> None:
    """An answer repeats it: to whoever it goes, its braces fill in nothing and its code is not run."""
    theirs = "Re: {client_name} {nie_ma} <%= client.name %> 100%>"
    arrive(session, letter(Subject=theirs), now)
    assert answer(session, now, theirs).subject == theirs


# --- a letter from an address that is not on record: whoever was passed a message of ours can answer it ---


def passed_on(session: Session, client: scene.Client, now: datetime) -> None:
    """The client wrote, we answered, and somebody else answers what the client passed on."""
    arrive(session, letter("Kiedy?"), now)
    ours = answer(session, now)
    arrive(
        session, letter("To ja, szwagier", From=OTHER, Subject="Re: Inne", To=reply_to(session, ours)), now
    )
    assert received(session)[-1].answers_id == ours.id


def test_an_answer_goes_to_the_client_not_to_whom_they_passed_our_letter(
    session: Session, now: datetime
) -> None:
    passed_on(session, received_by(session), now)
    theirs = received(session)[0]
    ours = answer(session, now)
    assert (ours.address, ours.answers_id) == (ADDRESS, theirs.id)


def test_an_address_added_to_the_client_is_answered(session: Session, now: datetime) -> None:
    client = received_by(session)
    passed_on(session, client, now)
    make.give_address(session, client, OTHER, is_primary=False)
    session.commit()
    assert answer(session, now).address == OTHER


def test_a_contact_person_is_answered_where_they_wrote_from(session: Session, now: datetime) -> None:
    client = received_by(session)
    passed_on(session, client, now)
    person = make.make_client(session, email=OTHER)
    client.kind, client.company_name = ClientKind.COMPANY, "Nowak sp. z o.o."
    session.add(Membership(company_id=client.id, person_id=person.id))
    session.commit()
    assert answer(session, now).address == OTHER


def test_a_client_without_an_address_is_not_stood_in_for_by_a_stranger(
    session: Session, now: datetime
) -> None:
    client = received_by(session)
    passed_on(session, client, now)
    session.execute(sa.delete(EmailAddress))
    session.commit()
    with pytest.raises(MayNotWrite) as refused:
        answer(session, now)
    assert refused.value.reason is Reason.MISSING_EMAIL


def test_a_strangers_conversation_stays_with_that_stranger(session: Session, now: datetime) -> None:
    arrive(session, letter("Ile kosztuje?", From=OTHER), now)
    ours = answer(session, now)
    arrive(session, letter("A ja?", From="trzeci@inna.example", To=reply_to(session, ours)), now)
    assert answer(session, now).address == OTHER
    (conversation,) = session.scalars(sa.select(scene.Conversation))
    link_client(session, conversation.id, received_by(session).id, add_number=True, actor_id=None, now=now)
    added = session.scalars(sa.select(EmailAddress.address))
    assert set(added) == {ADDRESS, OTHER}


def test_what_a_stranger_without_a_conversation_passed_on_stays_that_strangers(
    session: Session, now: datetime
) -> None:
    ours = sent_mail(session, None, address=OTHER, address_digest=scene.digest(session, OTHER))
    arrive(session, letter("A ja?", From="trzeci@inna.example", To=reply_to(session, ours)), now)
    assert answer(session, now).address == OTHER
