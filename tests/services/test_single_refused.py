"""A message to one client that is refused stores nothing, audits nothing and rings nobody."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.channel import Channel, Purpose
from domain.eligibility import Reason
from domain.errors import DomainError
from domain.segments import TooManyParts
from models import db
from models.audit import AuditEntry
from models.client import Client
from models.mail_account import MailAccount
from models.price_list import SmsPrice
from models.sms_account import SmsAccount
from models.suppression import Suppression, SuppressionReason
from services.approve_campaign import QuoteChanged
from services.choose_account import NoMailAccount, SmsAccountOff
from services.draft_campaign import BodyMissing, SubjectMissing
from services.ledger import NotEnoughMoney
from services.message_content import EmptyVariables
from services.price_list import NoPrice
from services.send_single import (
    MayNotWrite,
    NoSuchClient,
)
from services.write_single import CodeInMessage, Written
from tests import factories as make
from tests.services.single_scene import (
    MAIL,
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


def _refused(
    session: Session, rings: list[Ring], error: type[DomainError], act: Callable[[], object]
) -> None:
    with pytest.raises(error):
        act()
    session.rollback()
    assert count_messages(session) == 0 and rings == []
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
