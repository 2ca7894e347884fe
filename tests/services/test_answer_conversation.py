"""An answer goes where it was written from, once, and only where one may write."""

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.eligibility import Reason
from domain.errors import DomainError
from domain.two_way import AnswersDoNotCome, OneWay
from extensions.wiring import wiring
from models import db
from models.audit import AuditEntry
from models.conversation import Conversation, ConversationState
from models.message import Direction, Message
from models.sms_account import SmsAccount
from models.sms_gateway import SmsGateway
from models.suppression import SuppressionReason
from services.answer_conversation import AnswerOrder, NobodyToAnswer, answer_conversation
from services.approve_campaign import QuoteChanged
from services.job_names import DELIVERS
from services.ledger import NotEnoughMoney
from services.queue_once import AnotherMessage
from services.send_single import MayNotWrite
from services.suppress_address import suppress
from services.write_single import EmptyVariables, Written
from tests import factories as make
from tests import two_way_scene as scene
from tests.service_desk import ADDRESS, NUMBER

Answer = Callable[..., tuple[Message, bool]]


@pytest.fixture
def session(database: Flask) -> Session:
    return db.session()


@pytest.fixture
def conversation(session: Session) -> Conversation:
    return scene.waiting(session)


@pytest.fixture
def rings() -> list[tuple[object, ...]]:
    return []


@pytest.fixture
def answer(session: Session, now: datetime, rings: list[tuple[object, ...]]) -> Answer:
    def answer(
        conversation: Conversation,
        body: str = "Jutro o 9:00",
        *,
        channel: Channel = Channel.SMS,
        token: str = "",
        cost: int | None = None,
    ) -> tuple[Message, bool]:
        subject = "Odbiór" if channel is Channel.EMAIL else ""
        order = AnswerOrder(
            conversation.id,
            Written(channel, body, subject),
            token or str(uuid4()),
            sent_by_id=None,
            cost=cost,
        )
        return answer_conversation(
            session,
            order,
            wiring().ejs(),
            base_url="http://localhost",
            now=now,
            enqueue=lambda *ring: rings.append(ring),
        )

    return answer


def ours(session: Session) -> list[Message]:
    return list(session.scalars(sa.select(Message).where(Message.direction == Direction.OUTGOING)))


def stranger(session: Session) -> Conversation:
    """Somebody nobody knows has written."""
    conversation = scene.open_conversation(session, None, scene.MOBILE)
    scene.hear(session, conversation, "Czy naprawiacie tablety?", scene.MOBILE)
    session.commit()
    return conversation


def test_an_answer_is_queued_rung_for_and_audited(
    session: Session, conversation: Conversation, answer: Answer, rings: list[tuple[object, ...]]
) -> None:
    message, is_new = answer(conversation)
    assert is_new and (message.address, message.body_text) == (NUMBER, "Jutro o 9:00")
    assert (message.conversation_id, message.sender) == (conversation.id, scene.SENDER)
    assert rings == [(DELIVERS[Channel.SMS], message.sms_account_id, None, message.id, message.id)]
    entry = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (entry.action, entry.entity_id) == ("answer", str(message.id))


def test_the_conversation_awaits_us_no_longer_and_is_open(
    session: Session, conversation: Conversation, answer: Answer, now: datetime
) -> None:
    conversation.state = ConversationState.CLOSED
    session.commit()
    answer(conversation)
    session.refresh(conversation)
    assert not conversation.awaits_answer and conversation.state is ConversationState.OPEN
    assert conversation.last_message_at == now


def test_a_form_sent_twice_is_one_answer(
    session: Session, conversation: Conversation, answer: Answer, rings: list[tuple[object, ...]]
) -> None:
    token = str(uuid4())
    first, second = answer(conversation, token=token), answer(conversation, "Inna treść", token=token)
    assert (first[0].id, second[1]) == (second[0].id, False)
    assert len(ours(session)) == len(rings) == 1


def test_a_forms_token_is_good_for_one_conversation(
    session: Session, conversation: Conversation, answer: Answer
) -> None:
    token = str(uuid4())
    answer(conversation, token=token)
    with pytest.raises(AnotherMessage):
        answer(stranger(session), token=token)


def test_the_answer_goes_to_the_number_it_was_written_from(
    session: Session, conversation: Conversation, answer: Answer
) -> None:
    """A second telephone of the same client."""
    scene.hear(session, conversation, "To ja, z drugiego telefonu", scene.MOBILE)
    session.commit()
    message, _new = answer(conversation, "Jutro, {first_name}")
    assert (message.address, message.body_text) == (scene.MOBILE, "Jutro, Anna")
    assert message.client_id == conversation.client_id


def test_a_stranger_is_answered_without_a_client(session: Session, answer: Answer) -> None:
    scene.two_way(session)
    message, _new = answer(stranger(session))
    assert (message.client_id, message.address) == (None, scene.MOBILE)


def test_a_field_nobody_can_fill_in_is_refused(session: Session, answer: Answer) -> None:
    scene.two_way(session)
    with pytest.raises(EmptyVariables):
        answer(stranger(session), "Jutro, {first_name}")


def _opted_out(session: Session, conversation: Conversation) -> None:
    assert conversation.client
    conversation.client.allow_sms = False


def _blocked(session: Session, conversation: Conversation) -> None:
    suppress(
        session,
        channel=Channel.SMS,
        address_digest=conversation.address_digest or "",
        reason=SuppressionReason.MANUAL,
        source="panel",
        detail="",
        actor_id=None,
        now=scene.WHEN,
    )


@pytest.mark.parametrize(
    ("forbid", "reason"), [(_opted_out, Reason.OPTED_OUT), (_blocked, Reason.BLOCKED_PHONE)]
)
@pytest.mark.parametrize("from_another", [False, True])
def test_nobody_is_answered_who_may_not_be_written_to(
    session: Session,
    conversation: Conversation,
    answer: Answer,
    forbid: Callable[[Session, Conversation], None],
    reason: Reason,
    from_another: bool,
) -> None:
    if from_another:
        scene.hear(session, conversation, "x", scene.MOBILE)
        conversation.address_digest = scene.digest(session, scene.MOBILE)
    forbid(session, conversation)
    session.commit()
    with pytest.raises(MayNotWrite) as refused:
        answer(conversation)
    session.rollback()
    assert (refused.value.reason, ours(session)) == (reason, [])


def test_a_foreign_number_gets_no_text(session: Session, answer: Answer) -> None:
    scene.two_way(session)
    conversation = scene.open_conversation(session, None, "+4915112345678")
    scene.hear(session, conversation, "Hallo", "+4915112345678")
    session.commit()
    with pytest.raises(MayNotWrite) as refused:
        answer(conversation)
    assert refused.value.reason is Reason.NOT_POLISH_MOBILE


def test_no_money_is_said_before_anything_is_queued(
    session: Session, conversation: Conversation, answer: Answer
) -> None:
    session.execute(sa.update(SmsAccount).values(balance=1_499))
    session.commit()
    with pytest.raises(NotEnoughMoney):
        answer(conversation)
    session.rollback()
    assert ours(session) == []


def test_an_answer_dearer_than_was_shown_is_not_sent(conversation: Conversation, answer: Answer) -> None:
    with pytest.raises(QuoteChanged):
        answer(conversation, cost=1_499)


def _named(session: Session) -> None:
    session.execute(sa.update(SmsAccount).values(sender="NADRZECZE"))


def _without_gateway(session: Session) -> None:
    session.execute(sa.update(SmsGateway).values(is_active=False))


@pytest.mark.parametrize(
    ("switch_off", "why"), [(_named, OneWay.SENDER_NAME), (_without_gateway, OneWay.NO_INCOMING_ROUTE)]
)
def test_nothing_is_answered_where_no_answer_could_come_back(
    session: Session,
    conversation: Conversation,
    answer: Answer,
    switch_off: Callable[[Session], None],
    why: OneWay,
) -> None:
    switch_off(session)
    session.commit()
    with pytest.raises(AnswersDoNotCome) as refused:
        answer(conversation)
    assert refused.value.why is why


def test_a_letter_goes_to_the_clients_address(
    session: Session, conversation: Conversation, answer: Answer
) -> None:
    message, _new = answer(conversation, "<p>Jutro, {first_name}</p>", channel=Channel.EMAIL)
    assert (message.address, message.subject) == (ADDRESS, "Odbiór")
    assert "Jutro, Anna" in (message.body_html or "") and "Jutro, Anna" in (message.body_text or "")
    assert message.account_id == make.default_account(session).id


def test_a_stranger_has_no_address_to_write_a_letter_to(session: Session, answer: Answer) -> None:
    with pytest.raises(NobodyToAnswer):
        answer(stranger(session), "<p>x</p>", channel=Channel.EMAIL)


def test_what_is_refused_changes_nothing(
    session: Session, conversation: Conversation, answer: Answer
) -> None:
    with pytest.raises(DomainError):
        answer(conversation, "   ")
    session.rollback()
    session.refresh(conversation)
    assert conversation.awaits_answer and ours(session) == []
