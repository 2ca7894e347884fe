"""One message to one client: what is shown, what is stored, and that it is sent once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.channel import Channel, Purpose
from domain.delivery import Status
from extensions.wiring import wiring
from models import db
from models.audit import AuditEntry
from models.client import Client
from models.message import Origin
from models.message_template import MessageTemplate
from models.setting import LINK_KEY, Setting, secret_of
from models.sms_account import SmsAccount
from queries.one_client import one_client
from services.job_names import DELIVER, DELIVER_SMS
from services.queue_once import AnotherMessage
from services.send_single import (
    SingleOrder,
    preview_single,
    send_single,
)
from services.sms_settings import SMS
from services.withdraw_by_link import message_of_link
from services.write_single import CodeInMessage, fill_template
from tests import factories as make
from tests.services.single_scene import (
    ADDRESS,
    BASE,
    MAIL,
    NUMBER,
    PRICE,
    TEXT,
    Ring,
    Send,
    count_messages,
    make_reachable_client,
    sender,
)


@pytest.fixture
def session(database: Flask) -> Session:
    return db.session()


@pytest.fixture
def client(session: Session) -> Client:
    return make_reachable_client(session)


@pytest.fixture
def rings() -> list[Ring]:
    return []


@pytest.fixture
def send(session: Session, client: Client, rings: list[Ring], now: datetime) -> Send:
    return sender(session, client, rings, now)


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
    assert count_messages(session) == len(rings) == 1


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
    assert count_messages(session) == len(rings) == 1


def test_a_form_of_another_client_is_refused(session: Session, send: Send) -> None:
    token, other = str(uuid4()), make.make_person(session, "Jan", "Łąka")
    make.give_phone(session, other, "600100300")
    send(token=token)
    with pytest.raises(AnotherMessage):
        send(token=token, client_id=other.id)


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
