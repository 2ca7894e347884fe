"""One message to one client: what is refused, what is stored, and that it is sent once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.channel import Channel, Purpose
from domain.delivery import Status
from domain.eligibility import Reason
from domain.errors import DomainError
from domain.segments import TooManyParts
from extensions.wiring import wiring
from models import db
from models.audit import AuditEntry
from models.client import Client
from models.mail_account import MailAccount
from models.message import Message, Origin
from models.message_template import MessageTemplate
from models.price_list import SmsPrice
from models.setting import LINK_KEY, Setting, secret_of
from models.sms_account import SmsAccount
from models.suppression import Suppression, SuppressionReason
from queries.one_client import one_client
from services.approve_campaign import QuoteChanged
from services.choose_account import NoMailAccount, SmsAccountOff
from services.draft_campaign import BodyMissing, SubjectMissing
from services.job_names import DELIVER, DELIVER_SMS
from services.ledger import NotEnoughMoney
from services.message_content import EmptyVariables
from services.price_list import NoPrice
from services.queue_once import AnotherMessage
from services.send_single import (
    MayNotWrite,
    NoSuchClient,
    SingleOrder,
    preview_single,
    send_single,
)
from services.sms_settings import SMS
from services.withdraw_by_link import message_of_link
from services.write_single import CodeInMessage, Written, fill_template
from tests import factories as make

NUMBER, ADDRESS = "+48600100200", "anna@poczta.example"
TEXT = Written(Channel.SMS, "Dzień dobry, {first_name}")
MAIL = Written(Channel.EMAIL, "<p>Dzień dobry, {first_name}</p>", "Odbiór: {client_name}")
PRICE = 1_500
BASE = "https://goniec.example"

Ring = tuple[object, ...]
Send = Callable[..., tuple[Message, bool]]


@pytest.fixture
def session(database: Flask) -> Session:
    return db.session()


@pytest.fixture
def client(session: Session) -> Client:
    """A client with a number and an address, money for ten parts, and a price."""
    client = make.make_person(session, "Anna", "Nowak", email=ADDRESS)
    make.give_phone(session, client, "600 100 200")
    session.add(SmsPrice(name="Polska", prefix="48", gross_per_part=PRICE, valid_from=date(2026, 1, 1)))
    session.execute(sa.update(SmsAccount).values(balance=10 * PRICE, sender="Goniec"))
    session.commit()
    return client


@pytest.fixture
def rings() -> list[Ring]:
    return []


@pytest.fixture
def send(session: Session, client: Client, rings: list[Ring], now: datetime) -> Send:
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


def _messages(session: Session) -> int:
    return session.scalar(sa.select(sa.func.count(Message.id))) or 0


# --- what is stored ---


def test_a_text_is_a_message_of_its_own_as_it_leaves(
    session: Session, send: Send, client: Client, rings: list[Ring]
) -> None:
    session.add(Setting(key=SMS, value={"footer": "Nadrzecze", "strip_letters": True}))
    session.commit()
    message, is_new = send()
    assert is_new and message.body_text == "Dzien dobry, Anna\nNadrzecze"
    assert (message.channel, message.origin, message.status) == (Channel.SMS, Origin.MANUAL, Status.QUEUED)
    assert (message.address, message.client_id, message.campaign_id) == (NUMBER, client.id, None)
    assert (message.sender, message.subject, message.body_html) == ("Goniec", None, None)
    assert rings == [(DELIVER_SMS, message.sms_account_id, None, message.id, message.id)]
    entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "send")).one()
    assert (entry.entity, entry.entity_id) == ("message", str(message.id))


def test_a_mail_is_stored_with_both_its_parts(session: Session, send: Send, rings: list[Ring]) -> None:
    message, _ = send(MAIL)
    assert (message.subject, message.address) == ("Odbiór: Anna Nowak", ADDRESS)
    assert "Dzień dobry, Anna" in (message.body_html or "") and "Dzień dobry, Anna" in (
        message.body_text or ""
    )
    assert message.consent_event_id is None
    assert rings == [(DELIVER, message.account_id, None, message.id, message.id)]


def test_a_marketing_mail_can_be_unsubscribed_from(session: Session, send: Send, client: Client) -> None:
    event = make.grant(session, client, make.make_definition(session))
    session.commit()
    message, _ = send(replace(MAIL, purpose=Purpose.MARKETING))
    assert message.consent_event_id == event.id
    token = (message.body_html or "").partition(f"{BASE}/u/")[2].partition('"')[0]
    assert secret_of(session.connection(), LINK_KEY) and message_of_link(session, token) is message


# --- once ---


def test_a_form_sent_twice_sends_once(session: Session, send: Send, rings: list[Ring]) -> None:
    token = str(uuid4())
    (first, new), (second, again) = send(token=token), send(token=token)
    assert (first.id, new, again) == (second.id, True, False)
    assert _messages(session) == len(rings) == 1


def test_a_second_click_is_no_refusal_though_the_money_is_spent(session: Session, send: Send) -> None:
    token = str(uuid4())
    send(token=token)
    session.execute(sa.update(SmsAccount).values(balance=0))
    session.commit()
    assert send(token=token)[1] is False


def test_two_clicks_at_once_send_once(
    session: Session, client: Client, rings: list[Ring], now: datetime
) -> None:
    order = SingleOrder(client.id, TEXT, str(uuid4()), None)
    engine, runtime, together = session.get_bind(), wiring().ejs(), threading.Barrier(2)
    session.rollback()

    def click(_place: int) -> bool:
        with Session(engine) as own:
            together.wait()
            ring = rings.append
            return send_single(own, order, runtime, base_url=BASE, now=now, enqueue=lambda *args: ring(args))[
                1
            ]

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(click, range(2))) == [False, True]
    assert _messages(session) == len(rings) == 1


def test_a_form_of_another_client_is_refused(session: Session, send: Send) -> None:
    token, other = str(uuid4()), make.make_person(session, "Jan", "Łąka")
    make.give_phone(session, other, "600100300")
    send(token=token)
    with pytest.raises(AnotherMessage):
        send(token=token, client_id=other.id)


# --- what is refused, and then nothing is stored ---


def _refused(
    session: Session, rings: list[Ring], error: type[DomainError], act: Callable[[], object]
) -> None:
    with pytest.raises(error):
        act()
    session.rollback()
    assert _messages(session) == 0 and rings == []
    assert not session.scalar(sa.select(sa.func.count(AuditEntry.id)))


@pytest.mark.parametrize(
    ("written", "reason", "change"),
    [
        (TEXT, Reason.MISSING_PHONE, lambda client: client.phone_numbers.clear()),
        (
            TEXT,
            Reason.NOT_POLISH_MOBILE,
            lambda client: setattr(client.phone_numbers[0], "number", "221234567"),
        ),
        (TEXT, Reason.OPTED_OUT, lambda client: setattr(client, "allow_sms", False)),
        (replace(TEXT, purpose=Purpose.MARKETING), Reason.NO_SMS_CONSENT, lambda client: None),
        (MAIL, Reason.MISSING_EMAIL, lambda client: client.email_addresses.clear()),
        (MAIL, Reason.INVALID_EMAIL, lambda client: setattr(client.email_addresses[0], "address", "anna@")),
        (MAIL, Reason.OPTED_OUT, lambda client: setattr(client, "allow_email", False)),
        (replace(MAIL, purpose=Purpose.MARKETING), Reason.NO_EMAIL_CONSENT, lambda client: None),
    ],
)
def test_the_rules_of_every_audience_hold(
    session: Session,
    send: Send,
    rings: list[Ring],
    client: Client,
    written: Written,
    reason: Reason,
    change: Callable[[Client], object],
) -> None:
    change(client)
    session.commit()
    with pytest.raises(MayNotWrite) as refusal:
        send(written)
    assert refusal.value.reason is reason
    _refused(session, rings, MayNotWrite, lambda: send(written))


@pytest.mark.parametrize("written", [TEXT, MAIL])
def test_what_is_blocked_gets_nothing(
    session: Session, send: Send, rings: list[Ring], client: Client, written: Written
) -> None:
    for channel, row in ((Channel.SMS, client.phone_numbers[0]), (Channel.EMAIL, client.email_addresses[0])):
        session.add(
            Suppression(
                channel=channel,
                address_digest=row.address_digest,
                reason=SuppressionReason.MANUAL,
                source="hand",
            )
        )
    session.commit()
    _refused(session, rings, MayNotWrite, lambda: send(written))


def test_one_who_is_merged_away_gets_nothing(
    session: Session, send: Send, rings: list[Ring], client: Client
) -> None:
    client.merged_into = make.make_person(session)
    session.commit()
    _refused(session, rings, NoSuchClient, send)


@pytest.mark.parametrize(
    ("written", "error"),
    [
        (replace(TEXT, body="  "), BodyMissing),
        (replace(MAIL, subject=" "), SubjectMissing),
        (replace(TEXT, body="Numer {contract_number}, {termin}"), EmptyVariables),
        (replace(TEXT, body="<% while (true) {} %>"), CodeInMessage),
        (replace(MAIL, subject="<%= client.name %>"), CodeInMessage),
        (replace(TEXT, body="a" * 1378), TooManyParts),
    ],
)
def test_what_cannot_be_sent_is_refused(
    session: Session, send: Send, rings: list[Ring], written: Written, error: type[DomainError]
) -> None:
    _refused(session, rings, error, lambda: send(written))


def test_too_little_money_is_refused_before_anything_is_stored(
    session: Session, send: Send, rings: list[Ring]
) -> None:
    session.execute(sa.update(SmsAccount).values(balance=10 * PRICE, held=9 * PRICE + 1))
    session.commit()
    _refused(session, rings, NotEnoughMoney, send)


def test_a_price_that_rose_since_it_was_shown_is_asked_again(
    session: Session, send: Send, rings: list[Ring]
) -> None:
    _refused(session, rings, QuoteChanged, lambda: send(cost=PRICE - 1))
    assert send(cost=PRICE)[1]


def test_without_a_price_or_an_account_nothing_is_sent(
    session: Session, send: Send, rings: list[Ring]
) -> None:
    session.execute(sa.update(MailAccount).values(is_active=False))
    _refused(session, rings, NoMailAccount, lambda: send(MAIL))
    session.execute(sa.delete(SmsPrice))
    session.commit()
    _refused(session, rings, NoPrice, send)
    session.execute(sa.update(SmsAccount).values(is_active=False))
    session.commit()
    _refused(session, rings, SmsAccountOff, send)


# --- what is shown before ---


def test_the_quote_is_to_the_part(session: Session, client: Client, now: datetime) -> None:
    preview = preview_single(session, client.id, replace(TEXT, body="ą" * 71), wiring().ejs(), now)
    assert preview.quote is not None
    assert (preview.quote.parts, preview.quote.total, preview.left) == (2, 2 * PRICE, 8 * PRICE)
    assert (preview.quote.without_letters, preview.rendered.text) == (PRICE, "ą" * 71)


def test_a_template_is_filled_in_and_leaves_what_nobody_knows(session: Session, client: Client) -> None:
    template = MessageTemplate(
        name="Odbiór",
        subject="",
        channel=Channel.SMS,
        body="<% if (client.first_name) { %>{first_name}, <% } %>odbiór {termin}, umowa {contract_number}",
    )
    known = one_client(session, client.id, Channel.SMS, Purpose.SERVICE)
    assert known is not None
    filled = fill_template(session, template, known, wiring().ejs())
    assert filled == ("", "Anna, odbiór {termin}, umowa {contract_number}")


def test_what_a_clients_name_holds_is_never_run(session: Session, client: Client, send: Send) -> None:
    client.first_name = "<%= 6 * 7 %>"
    session.commit()
    template = MessageTemplate(name="Powitanie", channel=Channel.SMS, subject="", body="Witaj, {first_name}")
    known = one_client(session, client.id, Channel.SMS, Purpose.SERVICE)
    assert known is not None
    body = fill_template(session, template, known, wiring().ejs())[1]
    assert body == "Witaj, <%= 6 * 7 %>"
    with pytest.raises(CodeInMessage):
        send(replace(TEXT, body=body))
    assert send(replace(TEXT, body="Witaj, {first_name}"))[0].body_text == "Witaj, <%= 6 * 7 %>"
