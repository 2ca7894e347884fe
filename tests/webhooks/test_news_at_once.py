"""The same news of a payment, brought by many at once, is credited and invoiced once, on either database."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask

from models import db
from models.invoice import Invoice
from models.ledger import LedgerEntry
from queries.ledger_check import check_ledger
from services.ask_gateway import ask_gateway
from services.choose_account import sms_account
from services.invoice_settings import BUYER, SELLER, save_settings
from tests.conftest import build_app, dispose
from tests.webhooks import payment_services
from tests.webhooks.payment_services import Post, Service
from tests.webhooks.test_payment_gateways import KINDS, post, start
from tests.webhooks.test_payments import BUYS, SELLS

AT_ONCE = 8


@pytest.fixture
def installation(environment: dict[str, str], database_url: str, now: datetime) -> Iterator[Flask]:
    """The whole application, which knows who invoices whom."""
    app = build_app({**environment, "DATABASE_URL": database_url}, panel=True)
    with app.app_context():
        save_settings(db.session(), {SELLER: SELLS.to_json(), BUYER: BUYS.to_json()}, actor_id=None, now=now)
        db.session.commit()
        yield app
        dispose(app)


@pytest.fixture(params=KINDS, ids=[kind.value for kind in KINDS])
def service(request: pytest.FixtureRequest, installation: Flask) -> Iterator[Service]:
    with payment_services.running(request.param) as other_end:
        known = installation.extensions["goniec"]
        installation.extensions["goniec"] = replace(known, payments={other_end.kind: other_end.gateway})
        yield other_end


def test_the_same_news_brought_by_many_at_once_credits_each_payment_once(
    installation: Flask, service: Service, now: datetime
) -> None:
    """Signed notifications, and among them the payer who comes back, eight at a time."""
    payments = [start(service, now) for _ in range(3)]
    news: list[Post | int] = []
    for payment in payments:  # what comes at once is of one payment
        service.pay(payment)
        news += [*[service.news(payment)] * (AT_ONCE - 2), payment.id, payment.id]
    db.session.close()
    together = threading.Barrier(AT_ONCE)

    def bring(item: Post | int) -> None:
        together.wait(30)
        if isinstance(item, int):
            with installation.app_context():
                ask_gateway(db.session(), service.gateway, item, now)
        else:
            assert post(installation.test_client(), service, item) == 200

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(bring, news))
    assert sms_account(db.session()).balance == 3 * 1_000_000
    assert db.session.scalars(sa.select(LedgerEntry.amount)).all() == [1_000_000] * 3
    assert sorted(db.session.scalars(sa.select(Invoice.sequence))) == [1, 2, 3]
    assert check_ledger(db.session()).problems == ()
