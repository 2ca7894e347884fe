"""A top-up from the amount to the invoice, over PayU's real protocol: only what is signed counts."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from domain.invoices import Party
from domain.local_time import WARSAW
from domain.payments import PaymentStatus
from extensions.wiring import Wiring
from gateways.payu import PayuGateway
from models import db
from models.invoice import Invoice
from models.message import Message
from models.payment import Payment, PaymentGateway, PaymentNews
from sandbox import paywall
from sandbox.paywall_orders import signature_header
from services.choose_account import sms_account
from services.invoice_settings import BUYER, SELLER, save_settings
from services.mail_invoice import mail_waiting_invoices
from services.top_up import Addresses, start_top_up

SELLS = Party("Operator Sp. z o.o.", "1060000062", "ul. Kurierska 5", "30-002", "Kraków")
BUYS = Party(
    "Nadrzecze Sp. z o.o.", "1234563218", "ul. Nadrzeczna 14", "50-001", "Wrocław", "fv@goniec.example"
)
NEWS = "/payments/sandbox/news"
Paywall = paywall.Paywall


@pytest.fixture
def wall(app: Flask, now: datetime) -> Iterator[Paywall]:
    """A payment service, and an installation that knows it and who invoices whom."""
    before: Wiring = app.extensions["goniec"]
    with paywall.running(pauses=()) as running:
        app.extensions["goniec"] = replace(
            before, payments={PaymentGateway.SANDBOX: PayuGateway(running.settings)}
        )
        save_settings(db.session(), {SELLER: SELLS.to_json(), BUYER: BUYS.to_json()}, actor_id=None, now=now)
        db.session.commit()
        yield running
    app.extensions["goniec"] = before


def start(app: Flask, now: datetime, amount: int = 10_000) -> Payment:
    return start_top_up(
        db.session(),
        app.extensions["goniec"].payments[PaymentGateway.SANDBOX],
        PaymentGateway.SANDBOX,
        amount=amount,
        addresses=Addresses("http://127.0.0.1:9/back/{uuid}", "http://127.0.0.1:9/news"),
        customer_ip="127.0.0.1",
        actor_id=None,
        now=now,
    )


def signed(wall: Paywall, payment: Payment, status: str = "COMPLETED", **changes: str) -> tuple[bytes, str]:
    """A notification as the service sends it, and its signature."""
    order = wall.till.get(payment.reference)
    assert order is not None
    body = paywall_body(order.as_json() | {"status": status} | changes)
    return body, signature_header(body, wall.settings.second_key)


def paywall_body(order: dict[str, Any]) -> bytes:
    return json.dumps({"order": order}).encode()


def post(client: FlaskClient, body: bytes, signature: str, path: str = NEWS) -> int:
    return client.post(path, data=body, headers={"OpenPayu-Signature": signature}).status_code


def balance() -> int:
    db.session.expire_all()
    return sms_account(db.session()).balance


def test_a_paid_top_up_is_credited_and_invoiced_at_once(
    app: Flask, client: FlaskClient, wall: Paywall, now: datetime
) -> None:
    payment = start(app, now)
    assert (payment.status, balance()) == (PaymentStatus.PENDING, 0)
    assert post(client, *signed(wall, payment)) == 200
    assert balance() == 1_000_000
    [invoice] = db.session.scalars(sa.select(Invoice))
    assert (invoice.number.split("/")[:2], invoice.net, invoice.tax) == (["FV", "1"], 8_130, 1_870)
    assert (invoice.buyer["name"], invoice.seller["nip"]) == (BUYS.name, SELLS.nip)


@pytest.mark.parametrize(
    ("received", "paid_on"),
    [
        ("2026-03-02T23:30:00.000+01:00", date(2026, 3, 2)),
        ("2026-03-01T10:00:00.000+01:00", None),
        ("2999-01-01T10:00:00.000+01:00", None),
        ("yesterday", None),
    ],
)
def test_the_invoice_says_when_the_money_came_if_that_can_be(
    app: Flask, client: FlaskClient, wall: Paywall, now: datetime, received: str, paid_on: date | None
) -> None:
    body, _signature = signed(wall, start(app, now))
    body = json.dumps(json.loads(body) | {"localReceiptDateTime": received}).encode()
    assert post(client, body, signature_header(body, wall.settings.second_key)) == 200
    [invoice] = db.session.scalars(sa.select(Invoice))
    assert invoice.paid_on == (paid_on or invoice.issued_on)
    assert invoice.issued_on == invoice.created_at.astimezone(WARSAW).date()


@pytest.mark.parametrize(
    "change",
    [
        {"totalAmount": "100000"},
        {"totalAmount": "9999"},
        {"currencyCode": "EUR"},
        {"orderId": "AAAAAAAAAA000101GUEST000P01"},
    ],
)
def test_what_contradicts_the_payment_is_kept_and_credits_nothing(
    app: Flask, client: FlaskClient, wall: Paywall, now: datetime, change: dict[str, str]
) -> None:
    payment = start(app, now)
    assert post(client, *signed(wall, payment, **change)) == 200
    [news] = db.session.scalars(sa.select(PaymentNews))
    assert news.effect.startswith("wrong_") and balance() == 0
    assert db.session.scalars(sa.select(Payment.status)).one() == PaymentStatus.PENDING


def test_a_notification_that_comes_again_and_again_is_kept_as_often_as_it_says_something_new(
    app: Flask, client: FlaskClient, wall: Paywall, now: datetime
) -> None:
    payment = start(app, now)
    paid, refused = signed(wall, payment), signed(wall, payment, totalAmount="9999")
    for _ in range(4):
        assert (post(client, *paid), post(client, *refused)) == (200, 200)
    effects = db.session.scalars(sa.select(PaymentNews.effect).order_by(PaymentNews.id)).all()
    assert effects == ["credited", "wrong_amount", "nothing"]
    assert balance() == 1_000_000


def test_a_forged_notification_leaves_no_trace(
    app: Flask, client: FlaskClient, wall: Paywall, now: datetime
) -> None:
    body, _signature = signed(wall, start(app, now))
    forged = signature_header(body, "another key")
    assert (post(client, body, forged), post(client, body, "")) == (400, 400)
    assert db.session.scalars(sa.select(PaymentNews)).all() == [] and balance() == 0


def test_the_sandboxs_key_says_nothing_of_another_gateways_payment(
    app: Flask, client: FlaskClient, wall: Paywall, now: datetime
) -> None:
    payment = start(app, now)
    body, signature = signed(wall, payment)
    db.session.execute(sa.update(Payment).values(gateway=PaymentGateway.PAYU))
    db.session.commit()
    assert post(client, body, signature) == 404 and balance() == 0


@pytest.mark.parametrize("path", ["/payments/payu/news", "/payments/nothing/news"])
def test_a_gateway_that_is_not_set_up_is_not_found(
    app: Flask, client: FlaskClient, wall: Paywall, now: datetime, path: str
) -> None:
    assert post(client, *signed(wall, start(app, now)), path) == 404


def test_news_of_something_else_is_taken_so_that_it_does_not_come_back(
    client: FlaskClient, wall: Paywall
) -> None:
    body = b'{"refund": {"refundId": "1"}}'
    assert post(client, body, signature_header(body, wall.settings.second_key)) == 200


def test_refused_then_paid_is_paid_and_paid_then_refused_stays_paid(
    app: Flask, client: FlaskClient, wall: Paywall, now: datetime
) -> None:
    payment = start(app, now)
    for status, credited in (
        ("CANCELED", 0), ("PENDING", 0), ("COMPLETED", 1_000_000), ("CANCELED", 1_000_000),
        ("PENDING", 1_000_000),
    ):  # fmt: skip
        assert post(client, *signed(wall, payment, status)) == 200
        assert balance() == credited
    assert db.session.scalars(sa.select(Payment.status)).one() == PaymentStatus.PAID


def test_the_invoice_goes_to_the_buyer_once(
    app: Flask, client: FlaskClient, wall: Paywall, now: datetime
) -> None:
    buyer = {**BUYS.to_json(), "email": "fv@goniec.example"}
    save_settings(db.session(), {BUYER: buyer}, actor_id=None, now=now)
    db.session.commit()
    assert post(client, *signed(wall, start(app, now))) == 200
    hands: Wiring = app.extensions["goniec"]
    rings: list[tuple[object, ...]] = []
    for _ in range(2):
        mail_waiting_invoices(
            db.session(),
            store=hands.files,
            ksef=None,
            now=datetime.now(UTC),
            enqueue=lambda *ring: rings.append(ring),
        )
    message = db.session.scalars(sa.select(Message)).one()
    assert (message.address, len(rings)) == ("fv@goniec.example", 1)
    [file] = message.attachments
    assert file.filename.startswith("FV-1-") and hands.files.read(file.uuid).startswith(b"%PDF")
