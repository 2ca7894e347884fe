"""Whoever pays for texts is told once that the money runs low."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.invoices import Party
from models import db
from models.ledger import EntryKind, LedgerEntry
from models.mail_account import MailAccount
from models.message import Message, Origin
from models.sms_account import SmsAccount
from models.user import Role
from queries.low_balance import account_running_low
from services.alert_low_balance import alert_low_balance
from services.invoice_settings import BUYER, save_settings
from services.job_names import DELIVER
from tests import factories as make

BUYER_ADDRESS = "faktury@firma.example"
URL = "https://goniec.example/admin/payment/top-up/"


@pytest.fixture
def session(database: Flask) -> Session:
    return db.session()


@pytest.fixture
def account(session: Session, now: datetime) -> SmsAccount:
    """Once topped up, 12.34 PLN left of it."""
    account = session.scalars(sa.select(SmsAccount)).one()
    buyer = Party("Firma", "1234563218", "ul. Polna 1", "00-950", "Warszawa", BUYER_ADDRESS)
    save_settings(session, {BUYER: buyer.to_json()}, actor_id=None, now=now)
    session.add(
        LedgerEntry(
            account_id=account.id,
            kind=EntryKind.CHARGE,
            amount=-1,
            idempotency_key="charge:test",
            message_id=make.make_message(session).id,
            recorded_at=now,
        )
    )
    account.balance = 123_400
    session.commit()
    return account


@pytest.fixture
def rings() -> list[tuple[object, ...]]:
    return []


def _alert(session: Session, rings: list[tuple[object, ...]], now: datetime) -> int:
    return alert_low_balance(session, top_up_url=URL, now=now, enqueue=lambda *ring: rings.append(ring))


def _mails(session: Session) -> list[Message]:
    return list(
        session.scalars(sa.select(Message).where(Message.origin == Origin.EVENT).order_by(Message.id))
    )


def test_the_buyer_is_told_once(
    session: Session, account: SmsAccount, rings: list[tuple[object, ...]], now: datetime
) -> None:
    assert _alert(session, rings, now) == 1
    assert _alert(session, rings, now + timedelta(minutes=1)) == 0
    (mail,) = _mails(session)
    assert (mail.address, account.alerted_at) == (BUYER_ADDRESS, now)
    assert "12,34 zł" in (mail.body_text or "") and "50,00 zł" in (mail.body_html or "")
    assert URL in (mail.body_text or "") and f'href="{URL}"' in (mail.body_html or "")
    assert rings == [(DELIVER, mail.account_id, None, mail.id, mail.id)]


def test_each_fall_is_told_anew(
    session: Session, account: SmsAccount, rings: list[tuple[object, ...]], now: datetime
) -> None:
    for hour, balance in enumerate((123_400, 500_000, 499_999, 400_000)):
        account.balance = balance
        session.commit()
        _alert(session, rings, now + timedelta(hours=hour))
    assert len(_mails(session)) == 2
    assert account.alerted_at == now + timedelta(hours=2)


def test_what_is_held_back_is_not_available(
    session: Session, account: SmsAccount, rings: list[tuple[object, ...]], now: datetime
) -> None:
    account.balance, account.held = 900_000, 500_000
    session.commit()
    assert _alert(session, rings, now) == 1 and account_running_low(session) is account


def test_without_the_buyers_address_every_administrator_is_told(
    session: Session, account: SmsAccount, rings: list[tuple[object, ...]], now: datetime
) -> None:
    save_settings(session, {BUYER: {}}, actor_id=None, now=now)
    role = session.scalars(sa.select(Role).where(Role.name == "administrator")).one()
    for email, active in (
        ("ada@goniec.example", True),
        ("ola@goniec.example", True),
        ("ex@goniec.example", False),
    ):
        user = make.make_user(session, email)
        user.roles, user.active = [role], active
    make.make_user(session, "operator@goniec.example")
    session.commit()
    assert _alert(session, rings, now) == 2
    assert [mail.address for mail in _mails(session)] == ["ada@goniec.example", "ola@goniec.example"]


def test_an_alert_that_cannot_be_sent_yet_waits(
    session: Session, account: SmsAccount, rings: list[tuple[object, ...]], now: datetime
) -> None:
    mail_account = session.scalars(sa.select(MailAccount)).one()
    mail_account.is_active = False
    session.commit()
    assert _alert(session, rings, now) == 0 and account.alerted_at is None
    mail_account.is_active = True
    session.commit()
    assert _alert(session, rings, now) == 1


def test_an_account_that_never_held_money_has_not_run_low(
    session: Session, rings: list[tuple[object, ...]], now: datetime
) -> None:
    assert session.scalars(sa.select(SmsAccount)).one().available == 0
    assert _alert(session, rings, now) == 0 and account_running_low(session) is None


@pytest.mark.parametrize("values", [{"is_active": False}, {"balance": 500_000}, {"low_balance": 123_400}])
def test_nobody_is_told_without_need(
    session: Session,
    account: SmsAccount,
    rings: list[tuple[object, ...]],
    now: datetime,
    values: dict[str, int],
) -> None:
    session.execute(sa.update(SmsAccount).values(values))
    session.commit()
    assert _alert(session, rings, now) == 0 and account_running_low(session) is None


def test_two_sweeps_at_once_tell_once(
    session: Session, account: SmsAccount, rings: list[tuple[object, ...]], now: datetime
) -> None:
    engine, together = session.get_bind(), threading.Barrier(2)
    session.rollback()

    def sweep(_place: int) -> int:
        with Session(engine) as own:
            together.wait()
            return _alert(own, rings, now)

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(sweep, range(2)))
    assert sorted(told) == [0, 1] and len(_mails(session)) == 1
