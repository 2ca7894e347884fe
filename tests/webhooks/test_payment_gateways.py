"""What every payment gateway holds: each payment is credited once, whatever is said, forged or repeated."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from domain.payments import PaymentStatus
from extensions.wiring import Wiring
from models import db
from models.invoice import Invoice
from models.ledger import LedgerEntry
from models.payment import NewsSource, Payment, PaymentGateway, PaymentNews
from queries.ledger_check import check_ledger
from services.ask_gateway import ask_about_silent_payments, ask_gateway
from services.choose_account import sms_account
from services.invoice_settings import BUYER, SELLER, save_settings
from services.top_up import Addresses, start_top_up
from tests.webhooks import payment_services
from tests.webhooks.payment_services import Post, Przelewy24, Service
from tests.webhooks.test_payments import BUYS, SELLS

KINDS = (PaymentGateway.PAYU, PaymentGateway.PRZELEWY24, PaymentGateway.STRIPE)


@pytest.fixture(params=KINDS, ids=[kind.value for kind in KINDS])
def service(request: pytest.FixtureRequest, app: Flask, now: datetime) -> Iterator[Service]:
    """One payment service after another, and an installation that knows it and who invoices whom."""
    before: Wiring = app.extensions["goniec"]
    with payment_services.running(request.param) as other_end:
        app.extensions["goniec"] = replace(before, payments={other_end.kind: other_end.gateway})
        save_settings(db.session(), {SELLER: SELLS.to_json(), BUYER: BUYS.to_json()}, actor_id=None, now=now)
        db.session.commit()
        yield other_end
    app.extensions["goniec"] = before


def start(service: Service, now: datetime, amount: int = 10_000) -> Payment:
    return start_top_up(
        db.session(),
        service.gateway,
        service.kind,
        amount=amount,
        addresses=Addresses("http://127.0.0.1:9/back/{uuid}", "http://127.0.0.1:9/news"),
        customer_ip="127.0.0.1",
        actor_id=None,
        now=now,
    )


def post(client: FlaskClient, service: Service, news: Post) -> int:
    headers, body = news
    return client.post(f"/payments/{service.kind.value}/news", data=body, headers=headers).status_code


def balance() -> int:
    db.session.expire_all()
    return sms_account(db.session()).balance


def test_a_paid_top_up_is_credited_and_invoiced_by_its_notification(
    client: FlaskClient, service: Service, now: datetime
) -> None:
    payment = start(service, now)
    assert (payment.status, balance()) == (PaymentStatus.PENDING, 0)
    service.pay(payment)
    assert post(client, service, service.news(payment)) == 200
    assert balance() == 1_000_000
    assert db.session.scalars(sa.select(Invoice.gross)).all() == [10_000]


def test_news_after_the_return_page_changes_nothing(
    client: FlaskClient, service: Service, now: datetime
) -> None:
    payment = start(service, now)
    service.pay(payment)
    assert ask_gateway(db.session(), service.gateway, payment.id, now) == "credited"
    assert post(client, service, service.news(payment)) == 200
    assert balance() == 1_000_000
    said = db.session.execute(sa.select(PaymentNews.source, PaymentNews.effect).order_by(PaymentNews.id))
    assert said.all() == [(NewsSource.QUERY, "credited"), (NewsSource.NOTIFICATION, "nothing")]


@pytest.mark.parametrize(
    ("change", "effect"), [({"amount": 9_999}, "wrong_amount"), ({"currency": "EUR"}, "wrong_currency")]
)
def test_what_contradicts_the_payment_is_kept_and_credits_nothing(
    client: FlaskClient, service: Service, now: datetime, change: dict[str, object], effect: str
) -> None:
    payment = start(service, now)
    service.pay(payment)
    assert post(client, service, service.news(payment, **change)) == 200
    assert db.session.scalars(sa.select(PaymentNews.effect)).all() == [effect]
    assert balance() == 0


def test_a_forged_notification_leaves_no_trace(client: FlaskClient, service: Service, now: datetime) -> None:
    payment = start(service, now)
    service.pay(payment)
    assert post(client, service, service.news(payment, "whsec_another_key")) == 400
    assert post(client, service, ({}, service.news(payment, "whsec_another_key")[1])) == 400
    assert db.session.scalars(sa.select(PaymentNews)).all() == [] and balance() == 0


def test_a_notification_that_is_too_large_is_refused(client: FlaskClient, service: Service) -> None:
    assert post(client, service, ({}, b" " * 70_000)) == 413


def test_the_news_of_one_gateway_says_nothing_of_anothers_payment(
    client: FlaskClient, service: Service, now: datetime
) -> None:
    payment = start(service, now)
    service.pay(payment)
    news = service.news(payment)
    db.session.execute(sa.update(Payment).values(gateway=PaymentGateway.SANDBOX))
    db.session.commit()
    assert post(client, service, news) == 404 and balance() == 0


def test_a_payment_without_news_is_asked_about(service: Service, now: datetime) -> None:
    payment = start(service, now)
    service.pay(payment)
    gateways = {service.kind: service.gateway}
    assert ask_about_silent_payments(db.session(), gateways, now + timedelta(minutes=3)) == 1
    assert balance() == 1_000_000
    assert ask_about_silent_payments(db.session(), gateways, now + timedelta(minutes=30)) == 0


@pytest.mark.parametrize("service", [PaymentGateway.PRZELEWY24], indirect=True)
def test_what_cannot_be_verified_now_is_asked_for_again(
    client: FlaskClient, service: Przelewy24, now: datetime
) -> None:
    payment = start(service, now)
    service.pay(payment)
    service.peer.mute = True
    assert post(client, service, service.news(payment)) == 503 and balance() == 0
    service.peer.mute = False
    assert post(client, service, service.news(payment)) == 200 and balance() == 1_000_000


def test_a_thousand_notifications_in_any_order_credit_each_payment_once(
    client: FlaskClient, service: Service, now: datetime
) -> None:
    """Repetitions, forgeries, wrong amounts and currencies, and return pages in between."""
    rng = random.Random(20261122)
    payments = [start(service, now, amount=rng.randint(1_000, 100_000)) for _ in range(20)]
    news: list[Post | int] = []
    for payment in payments[:15]:
        service.pay(payment)
        news += [service.news(payment)] * 12
    for payment in payments[15:]:
        news += [service.other_news(payment)] * 12
    for payment in payments:
        news += [service.other_news(payment)] * 8
        news += [service.news(payment, amount=payment.amount + 1)] * 8
        news += [service.news(payment, currency="EUR")] * 8
        news += [service.news(payment, "whsec_another_key")] * 14
    assert len(news) == 1_000
    news += [payment.id for payment in payments]  # the payer comes back, and the service itself is asked
    rng.shuffle(news)
    expected = sum(payment.amount for payment in payments[:15]) * 100
    answers = []
    for item in news:
        if isinstance(item, int):
            ask_gateway(db.session(), service.gateway, item, now)
        else:
            answers.append(post(client, service, item))
    assert set(answers) == {200, 400} and answers.count(400) == 280
    assert balance() == expected
    assert db.session.scalar(sa.select(sa.func.count(LedgerEntry.id))) == 15
    sequences = db.session.scalars(sa.select(Invoice.sequence).order_by(Invoice.sequence)).all()
    assert list(sequences) == list(range(1, 16))
    assert check_ledger(db.session()).problems == ()
