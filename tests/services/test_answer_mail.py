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
from models.mail_account import MailAccount
from models.message import Direction, Message
from models.suppression import SuppressionReason
from services.answer_conversation import AnswerOrder, answer_conversation
from services.send_single import MayNotWrite
from services.suppress_address import suppress
from services.write_single import Written
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
