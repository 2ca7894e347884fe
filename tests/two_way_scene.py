"""A client's answer waiting in a conversation, for tests; what is made is flushed, the test commits."""

from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.addresses import address_digest
from domain.channel import Channel
from domain.delivery import Status
from models.client import Client
from models.conversation import Conversation
from models.message import Direction, Message, Origin
from models.price_list import SmsPrice
from models.setting import SUPPRESSION_KEY, secret_of
from models.sms_account import SmsAccount
from models.sms_gateway import GatewayKind, SmsGateway
from services.topics import conversation_about, topic_of_correspondent
from tests import factories as make
from tests.service_desk import ADDRESS, NUMBER

STRANGER = "+48700100200"
MOBILE = "+48600100299"
SENDER = "+48600000001"
WHEN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
_references = count(1)


def two_way(session: Session, sender: str = SENDER, balance: int = 100_000) -> SmsAccount:
    """An account whose texts can be answered, with money and a price, and a gateway that brings answers."""
    account = session.scalars(sa.select(SmsAccount)).one()
    account.sender, account.balance = sender, balance
    session.add(SmsPrice(name="Polska", prefix="48", gross_per_part=1_500, valid_from=date(2026, 1, 1)))
    session.add(
        SmsGateway(
            name="Bramka", kind=GatewayKind.KANNEL, address="http://127.0.0.1:9", callback_secret="s" * 32
        )
    )
    session.flush()
    return account


def make_writer(session: Session) -> Client:
    """A client with a number and an address."""
    client = make.make_client(session, email=ADDRESS)
    make.give_phone(session, client, NUMBER)
    return client


def digest(session: Session, number: str) -> str:
    return address_digest(number, secret_of(session.connection(), SUPPRESSION_KEY))


def open_conversation(
    session: Session, client: Client | None, number: str = NUMBER, topic: str = ""
) -> Conversation:
    """Without a message yet."""
    client_id = client.id if client else None
    key = digest(session, number)
    topic = topic or topic_of_correspondent(client_id, key)
    return conversation_about(session, topic, client_id, key, WHEN)


def hear(
    session: Session,
    conversation: Conversation,
    text: str = "Dzień dobry",
    number: str = NUMBER,
    **values: Any,
) -> Message:
    """An incoming text, unread."""
    message = make.make_message(
        session,
        **{
            "idempotency_key": f"incoming:test:{next(_references)}",
            "channel": Channel.SMS,
            "direction": Direction.INCOMING,
            "origin": Origin.MAILBOX,
            "status": Status.RECEIVED,
            "client_id": conversation.client_id,
            "conversation_id": conversation.id,
            "address": number,
            "address_digest": digest(session, number),
            "sender": number,
            "body_text": text,
            "created_at": WHEN,
            "sent_at": WHEN,
        }
        | values,
    )
    conversation.unread += 1
    conversation.awaits_answer, conversation.last_message_at = True, WHEN
    session.flush()
    return message


def waiting(session: Session, text: str = "Kiedy odbiór?") -> Conversation:
    """A client's question, with everything set up for the answer; commits."""
    two_way(session)
    conversation = open_conversation(session, make_writer(session))
    hear(session, conversation, text)
    session.commit()
    return conversation
