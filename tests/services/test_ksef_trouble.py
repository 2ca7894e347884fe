"""Invoices that KSeF refuses, or that do not reach it: a person reads why, and none is lost or sent twice."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.ksef import KsefState
from domain.payments import PaymentStatus
from gateways.files import FileStore
from gateways.ksef import KsefGateway
from gateways.ksef_settings import Certificate
from models import db
from models.invoice import Invoice
from models.payment import Payment, PaymentGateway
from models.sms_account import SmsAccount
from sandbox import ksef
from sandbox.ksef_keys import write_certificate
from sandbox.sample_account import write_account
from services.invoice_settings import invoice_settings
from services.invoice_sheet import sheet_of
from services.issue_invoice import correct_invoice, issue_invoice
from services.ksef_submissions import (
    NotRefused,
    enrol_invoices,
    send_again,
)
from services.mail_invoice import mail_waiting_invoices
from services.send_to_ksef import send_to_ksef
from tests import factories as make
from tests.services.ksef_scene import MINUTE, rows, states


@pytest.fixture
def there() -> Iterator[ksef.Ksef]:
    with ksef.running() as running:
        running.office.script.delay = 0
        yield running


@pytest.fixture
def session(database: Flask, now: datetime) -> Session:
    """The sample company's account: two invoices of one seller."""
    session = db.session()
    write_account(session, actor_id=make.make_user(session).id, now=now)
    session.commit()
    return session


@pytest.fixture
def gateway(there: ksef.Ksef) -> KsefGateway:
    return KsefGateway(ksef.settings_for(there.url))


def first_invoice(session: Session) -> Invoice:
    return session.scalars(sa.select(Invoice).order_by(Invoice.id)).first()  # type: ignore[return-value]


# --- the buyer's mail ---


def test_the_mail_waits_for_the_number_but_not_while_ksef_is_down(
    session: Session, there: ksef.Ksef, gateway: KsefGateway, now: datetime, tmp_path: Path
) -> None:
    make.default_account(session)
    payment = Payment(
        uuid=str(uuid4()),
        account_id=session.scalars(sa.select(SmsAccount.id)).one(),
        gateway=PaymentGateway.SANDBOX,
        amount=5_000,
        status=PaymentStatus.PAID,
        created_at=now,
        paid_at=now,
    )
    session.add(payment)
    session.flush()
    settings = invoice_settings(session)
    buyer = replace(settings.buyer, email="ksiegowosc@nadrzecze.example")
    issue_invoice(session, payment, replace(settings, buyer=buyer), now)
    session.commit()
    enrol_invoices(session, gateway.settings, now)

    def mailed() -> int:
        store = FileStore(tmp_path)
        return mail_waiting_invoices(session, store=store, now=now, enqueue=lambda *_job: None)

    assert mailed() == 0
    there.office.script.is_down = True
    send_to_ksef(session, gateway, now)
    assert mailed() == 1 and mailed() == 0


# --- refused ---


@pytest.mark.parametrize("code", [410, 430, 435, 450])
def test_a_refusal_is_shown_and_sent_again_by_a_person(
    session: Session, there: ksef.Ksef, gateway: KsefGateway, now: datetime, code: int
) -> None:
    there.office.script.verdicts.append(code)
    send_to_ksef(session, gateway, now)
    [refused, accepted] = rows(session)
    assert (refused.state, refused.error_code) == (KsefState.REFUSED, code) and refused.error_text
    assert sheet_of(refused.invoice).ksef_qr == ()
    assert send_to_ksef(session, gateway, now + timedelta(days=1)) == 0
    with pytest.raises(NotRefused):
        send_again(session, accepted, now)
    send_again(session, refused, now)
    session.commit()
    send_to_ksef(session, gateway, now + MINUTE)
    assert states(session) == ["accepted", "accepted"]


def test_an_invoice_of_another_seller_is_not_sent(session: Session, there: ksef.Ksef, now: datetime) -> None:
    other = replace(ksef.settings_for(there.url), nip="5260250274")
    send_to_ksef(session, KsefGateway(other), now)
    assert states(session) == ["refused", "refused"] and there.office.log_ins == []


def test_what_the_system_cancelled_goes_out_again(
    session: Session, there: ksef.Ksef, gateway: KsefGateway, now: datetime
) -> None:
    there.office.script.verdicts.extend([550, 500])
    send_to_ksef(session, gateway, now)
    assert states(session) == ["waiting", "waiting"]
    assert [row.error_code for row in rows(session)] == [550, 500]
    send_to_ksef(session, gateway, now + MINUTE)
    assert states(session) == ["accepted", "accepted"]


# --- not reached ---


def test_while_ksef_is_down_invoices_are_issued_offline(
    session: Session, there: ksef.Ksef, tmp_path: Path, now: datetime
) -> None:
    files = Certificate(*write_certificate(tmp_path, "1060000062"))
    gateway = KsefGateway(replace(ksef.settings_for(there.url), offline_certificate=files))
    there.office.script.is_down = True
    send_to_ksef(session, gateway, now)
    [first, second] = rows(session)
    assert (first.state, second.state) == (KsefState.OFFLINE, KsefState.OFFLINE)
    assert first.offline_since == now and first.error_code == 503
    sheet = sheet_of(first.invoice)
    assert sheet.ksef_qr and sheet.certificate_qr and sheet.ksef_number == ""
    digest = first.sha256
    send_to_ksef(session, gateway, now + 2 * MINUTE)
    assert rows(session)[0].next_try_at == now + 4 * MINUTE
    there.office.script.is_down = False
    send_to_ksef(session, gateway, now + 5 * MINUTE)
    assert states(session) == ["accepted", "accepted"]
    assert rows(session)[0].sha256 == digest
    assert all(document.offline for _session, document in there.office.accepted.values())
    sheet = sheet_of(rows(session)[0].invoice)
    assert sheet.ksef_qr and sheet.ksef_number and not sheet.certificate_qr


def test_too_many_requests_leaves_ksef_alone_for_as_long_as_it_asks(
    session: Session, there: ksef.Ksef, gateway: KsefGateway, now: datetime
) -> None:
    there.office.script.too_many, there.office.script.retry_after = 1, 1800
    send_to_ksef(session, gateway, now)
    assert states(session) == ["waiting", "waiting"]
    assert {row.next_try_at for row in rows(session)} == {now + 30 * MINUTE}
    correct_invoice(session, first_invoice(session), 0, "Zwrot", now + MINUTE)
    session.commit()
    assert send_to_ksef(session, gateway, now + 29 * MINUTE) == 0
    assert there.office.log_ins == []
    for minutes in (30, 32):
        send_to_ksef(session, gateway, now + minutes * MINUTE)
    assert states(session) == ["accepted"] * 3


def test_who_is_not_let_in_waits_and_does_not_go_offline(
    session: Session, there: ksef.Ksef, now: datetime
) -> None:
    stranger = replace(ksef.settings_for(there.url), token="another")
    for minutes in (0, 1, 3, 7):
        send_to_ksef(session, KsefGateway(stranger), now + minutes * MINUTE)
    assert states(session) == ["waiting", "waiting"]
    [row, _other] = rows(session)
    assert row.attempts == 4 and row.next_try_at == now + 15 * MINUTE and "token" in row.error_text


def test_a_correction_names_the_number_of_what_it_corrects(
    session: Session, there: ksef.Ksef, gateway: KsefGateway, now: datetime
) -> None:
    there.office.script.verdicts.append(450)
    correct_invoice(session, first_invoice(session), 0, "Zwrot", now)
    session.commit()
    send_to_ksef(session, gateway, now)
    assert states(session) == ["refused", "accepted", "waiting"]
    send_again(session, rows(session)[0], now)
    session.commit()
    send_to_ksef(session, gateway, now + MINUTE)
    send_to_ksef(session, gateway, now + 2 * MINUTE)
    [original, _other, correction] = rows(session)
    assert correction.state is KsefState.ACCEPTED and original.ksef_number in correction.xml


def test_a_receipt_that_is_another_document_s_is_not_kept(
    session: Session, there: ksef.Ksef, gateway: KsefGateway, now: datetime
) -> None:
    there.office.script.delay = 1
    send_to_ksef(session, gateway, now)
    for one in there.office.sessions.values():
        one.documents[0].digest = "x"
    send_to_ksef(session, gateway, now + MINUTE)
    [first, second] = rows(session)
    assert (first.upo == "", second.upo != "") == (True, True)
    assert first.state is KsefState.ACCEPTED and first.next_try_at == now + 6 * MINUTE
