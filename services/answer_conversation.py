"""An answer in a conversation: to whoever wrote, where they wrote from, sent once however often asked."""

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.errors import DomainError
from domain.local_time import WARSAW
from domain.money import in_zloty
from domain.two_way import AnswersDoNotCome
from gateways.ejs import EjsRuntime
from models.conversation import Conversation, ConversationState
from models.message import Message, Origin
from queries.conversation_thread import newest_mail_from
from queries.correspondent import Correspondent, correspondent
from queries.two_way import one_way
from services.approve_campaign import QuoteChanged
from services.choose_account import mail_account_to_answer_from, sms_account_to_send_from
from services.job_names import Enqueue
from services.ledger import NotEnoughMoney
from services.price_list import tariff_on
from services.queue_once import OfForm, queue_once, sent_before
from services.quote_texts import quote_one
from services.record_audit import append_audit
from services.send_single import MayNotWrite, write_mail
from services.write_single import Written, finished_text, render_text


class NobodyToAnswer(DomainError):
    message = "There is nobody to answer here by this channel."


@dataclass(frozen=True, slots=True)
class AnswerOrder:
    """What a person answers; ``token`` (a UUID) is the same however often the one form is sent.

    ``cost``: what an SMS was shown to cost, in 1/10000 PLN; none when nothing was shown.
    """

    conversation_id: int
    written: Written
    token: str
    sent_by_id: int | None
    cost: int | None = None


def answer_conversation(
    session: Session,
    order: AnswerOrder,
    runtime: EjsRuntime,
    *,
    base_url: str,
    now: datetime,
    enqueue: Enqueue,
) -> tuple[Message, bool]:
    """Queue the answer and audit it; False beside it when this form has sent it before. Commits, then rings.

    The money is taken when it leaves, by `services.sms_till`, as for every text. Raises NobodyToAnswer,
    MayNotWrite, AnswersDoNotCome, NotEnoughMoney, QuoteChanged, AnotherMessage, NoMailAccount, NoSmsAccount,
    SmsAccountOff and what `services.write_single` and `services.quote_texts` raise. Then nothing is stored.
    """
    form = OfForm(order.token, lambda sent: sent.conversation_id == order.conversation_id)
    if sent := sent_before(session, form):
        return sent, False
    conversation = session.get(Conversation, order.conversation_id)
    reader = correspondent(session, conversation, order.written.channel) if conversation else None
    if conversation is None or reader is None:
        raise NobodyToAnswer
    if reader.reason is not None:
        raise MayNotWrite(reader.reason)
    is_text = order.written.channel is Channel.SMS
    message = (_text if is_text else _mail)(session, order, reader, runtime, now)

    def finish() -> None:
        if not is_text:
            written = replace(order.written, is_answer=True)
            write_mail(session, message, written, reader, runtime, base_url)
        _is_answered(session, order.conversation_id, now)
        _audit(session, order, message, now)

    return queue_once(session, message, form, finish, enqueue)


def _text(
    session: Session, order: AnswerOrder, reader: Correspondent, runtime: EjsRuntime, now: datetime
) -> Message:
    if why := one_way(session):
        raise AnswersDoNotCome(why)
    renderer, values = render_text(session, order.written, reader, runtime)
    account = sms_account_to_send_from(session)
    tariff = tariff_on(session, now.astimezone(WARSAW).date())
    cost = quote_one(renderer, reader.address, values, tariff).total
    if cost > account.available:
        raise NotEnoughMoney(needed=in_zloty(cost), available=in_zloty(account.available))
    if order.cost is not None and cost > order.cost:
        raise QuoteChanged(now=in_zloty(cost), before=in_zloty(order.cost))
    message = _message(order, reader, now)
    message.sms_account_id, message.sender = account.id, account.sender
    message.body_text = finished_text(renderer, values)
    return message


def _mail(
    session: Session, order: AnswerOrder, reader: Correspondent, _runtime: EjsRuntime, now: datetime
) -> Message:
    message = _message(order, reader, now)
    answered = newest_mail_from(session, order.conversation_id, reader.address_digest)
    message.answers_id = answered.id if answered else None
    message.account_id = mail_account_to_answer_from(session, answered.account_id if answered else None)
    message.subject = order.written.subject.strip()
    return message


def _message(order: AnswerOrder, reader: Correspondent, now: datetime) -> Message:
    return Message(
        idempotency_key=order.token,
        conversation_id=order.conversation_id,
        channel=order.written.channel,
        origin=Origin.MANUAL,
        client_id=reader.client_id,
        address=reader.address,
        address_digest=reader.address_digest,
        recipient_name=reader.name,
        created_at=now,
        due_at=now,
    )


def _is_answered(session: Session, conversation_id: int, now: datetime) -> None:
    session.execute(
        sa.update(Conversation)
        .where(Conversation.id == conversation_id)
        .values(awaits_answer=False, state=ConversationState.OPEN, last_message_at=now)
    )


def _audit(session: Session, order: AnswerOrder, message: Message, now: datetime) -> None:
    append_audit(
        session,
        actor_id=order.sent_by_id,
        action="answer",
        entity=Message.__tablename__,
        entity_id=message.id,
        values={"conversation": order.conversation_id, "channel": order.written.channel.value},
        now=now,
    )
