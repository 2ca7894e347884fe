"""A client who can be written to alone, and the form that does it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Channel
from extensions.wiring import wiring
from models.client import Client
from models.message import Message
from models.price_list import SmsPrice
from models.sms_account import SmsAccount
from services.send_single import SingleOrder, send_single
from services.write_single import Written
from tests import factories as make

NUMBER, ADDRESS = "+48600100200", "anna@poczta.example"
TEXT = Written(Channel.SMS, "Dzień dobry, {first_name}")
MAIL = Written(Channel.EMAIL, "<p>Dzień dobry, {first_name}</p>", "Odbiór: {client_name}")
PRICE = 1_500
BASE = "https://goniec.example"

Ring = tuple[object, ...]
Send = Callable[..., tuple[Message, bool]]


def count_messages(session: Session) -> int:
    return session.scalar(sa.select(sa.func.count(Message.id))) or 0


def make_reachable_client(session: Session) -> Client:
    """A client with a number and an address, money for ten parts, and a price."""
    client = make.make_person(session, "Anna", "Nowak", email=ADDRESS)
    make.give_phone(session, client, "600 100 200")
    session.add(SmsPrice(name="Polska", prefix="48", gross_per_part=PRICE, valid_from=date(2026, 1, 1)))
    session.execute(sa.update(SmsAccount).values(balance=10 * PRICE, sender="Goniec"))
    session.commit()
    return client


def sender(session: Session, client: Client, rings: list[Ring], now: datetime) -> Send:
    """``send(written, **of_the_order)``, whose rings are in ``rings``."""

    def send(written: Written = TEXT, **values: object) -> tuple[Message, bool]:
        order = SingleOrder(client.id, written, str(uuid4()), None)
        return send_single(
            session,
            replace(order, **values),  # type: ignore[arg-type]
            wiring().ejs(),
            base_url=BASE,
            now=now,
            enqueue=lambda *ring: rings.append(ring),
        )

    return send
