"""Invoices that KSeF refuses, or that do not reach it: a person reads why, and none is lost or sent twice."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.ksef import KsefState
from gateways.ksef import KsefGateway
from models import db
from models.invoice import Invoice
from sandbox import ksef
from services.invoice_sheet import sheet_of
from services.issue_invoice import correct_invoice
from services.ksef_submissions import (
    NotRefused,
    send_again,
)
from tests.services.ksef_scene import MINUTE, prompt_ksef, rows, send, states, two_invoices


@pytest.fixture
def there() -> Iterator[ksef.Ksef]:
    with prompt_ksef() as running:
        yield running


@pytest.fixture
def session(database: Flask, now: datetime) -> Session:
    return two_invoices(db.session(), now)


@pytest.fixture
def gateway(there: ksef.Ksef) -> KsefGateway:
    return KsefGateway(ksef.settings_for(there.url))


def first_invoice(session: Session) -> Invoice:
    return session.scalars(sa.select(Invoice).order_by(Invoice.id)).first()  # type: ignore[return-value]


# --- refused ---


@pytest.mark.parametrize("code", [410, 430, 435, 450])
def test_a_refusal_is_shown_and_sent_again_by_a_person(
    session: Session, there: ksef.Ksef, gateway: KsefGateway, now: datetime, code: int
) -> None:
    there.office.script.verdicts.append(code)
    send(session, gateway, now)
    [refused, accepted] = rows(session)
    assert (refused.state, refused.error_code) == (KsefState.REFUSED, code) and refused.error_text
    assert sheet_of(refused.invoice).ksef_qr == ()
    assert send(session, gateway, now + timedelta(days=1)) == 0
    with pytest.raises(NotRefused):
        send_again(session, accepted, now)
    send_again(session, refused, now)
    session.commit()
    send(session, gateway, now + MINUTE)
    assert states(session) == ["accepted", "accepted"]


def test_an_invoice_of_another_seller_is_not_sent(session: Session, there: ksef.Ksef, now: datetime) -> None:
    other = replace(ksef.settings_for(there.url), nip="5260250274")
    send(session, KsefGateway(other), now)
    assert states(session) == ["refused", "refused"] and there.office.log_ins == []


def test_what_the_system_cancelled_goes_out_again(
    session: Session, there: ksef.Ksef, gateway: KsefGateway, now: datetime
) -> None:
    there.office.script.verdicts.extend([550, 500])
    send(session, gateway, now)
    assert states(session) == ["waiting", "waiting"]
    assert [row.error_code for row in rows(session)] == [550, 500]
    send(session, gateway, now + MINUTE)
    assert states(session) == ["accepted", "accepted"]


# --- not reached ---


def test_too_many_requests_leaves_ksef_alone_for_as_long_as_it_asks(
    session: Session, there: ksef.Ksef, gateway: KsefGateway, now: datetime
) -> None:
    there.office.script.too_many, there.office.script.retry_after = 1, 1800
    send(session, gateway, now)
    assert states(session) == ["waiting", "waiting"]
    assert {row.next_try_at for row in rows(session)} == {now + 30 * MINUTE}
    correct_invoice(session, first_invoice(session), 0, "Zwrot", now + MINUTE)
    session.commit()
    assert send(session, gateway, now + 29 * MINUTE) == 0
    assert there.office.log_ins == []
    for minutes in (30, 32):
        send(session, gateway, now + minutes * MINUTE)
    assert states(session) == ["accepted"] * 3


def test_who_is_not_let_in_waits_and_does_not_go_offline(
    session: Session, there: ksef.Ksef, now: datetime
) -> None:
    stranger = replace(ksef.settings_for(there.url), token="another")
    for minutes in (0, 1, 3, 7):
        send(session, KsefGateway(stranger), now + minutes * MINUTE)
    assert states(session) == ["waiting", "waiting"]
    [row, _other] = rows(session)
    assert row.attempts == 4 and row.next_try_at == now + 15 * MINUTE and "token" in row.error_text


def test_a_correction_names_the_number_of_what_it_corrects(
    session: Session, there: ksef.Ksef, gateway: KsefGateway, now: datetime
) -> None:
    there.office.script.verdicts.append(450)
    correct_invoice(session, first_invoice(session), 0, "Zwrot", now)
    session.commit()
    send(session, gateway, now)
    assert states(session) == ["refused", "accepted", "waiting"]
    send_again(session, rows(session)[0], now)
    session.commit()
    send(session, gateway, now + MINUTE)
    send(session, gateway, now + 2 * MINUTE)
    [original, _other, correction] = rows(session)
    assert correction.state is KsefState.ACCEPTED and original.ksef_number in correction.xml


def test_a_receipt_that_is_another_document_s_is_not_kept(
    session: Session, there: ksef.Ksef, gateway: KsefGateway, now: datetime
) -> None:
    there.office.script.delay = 1
    send(session, gateway, now)
    for one in there.office.sessions.values():
        one.documents[0].digest = "x"
    send(session, gateway, now + MINUTE)
    [first, second] = rows(session)
    assert (first.upo == "", second.upo != "") == (True, True)
    assert first.state is KsefState.ACCEPTED and first.next_try_at == now + 6 * MINUTE
