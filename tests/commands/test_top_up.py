"""``flask top-up``: the sandbox pays at once, the other gateways say where to pay."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from models import db
from models.payment import PaymentGateway
from sandbox.sample_account import COMPANY, OPERATOR
from services.invoice_settings import BUYER, SELLER, save_settings
from tests import factories as make
from tests.commands.conftest import Run
from tests.webhooks import payment_services

KINDS = (PaymentGateway.PAYU, PaymentGateway.PRZELEWY24, PaymentGateway.STRIPE)


@pytest.fixture
def company(application: Flask) -> None:
    """An installation that can issue invoices."""
    with application.app_context():
        parties = {BUYER: COMPANY.to_json(), SELLER: OPERATOR.to_json()}
        save_settings(db.session(), parties, actor_id=None, now=make.LONG_AGO)
        db.session.commit()


@pytest.fixture(params=KINDS, ids=[kind.value for kind in KINDS])
def configured(request: pytest.FixtureRequest, application: Flask, company: None) -> Iterator[PaymentGateway]:
    """A gateway that is set up, with its other end on a real socket."""
    with payment_services.running(request.param) as service:
        application.extensions["goniec"] = replace(
            application.extensions["goniec"], payments={service.kind: service.gateway}
        )
        yield service.kind


def test_a_gateway_that_is_set_up_says_where_to_pay(run: Run, configured: PaymentGateway) -> None:
    ran = run("top-up", "49,99", "--gateway", configured.value, "--json")
    assert ran.code == 0
    assert (ran.data["status"], ran.data["amount"], ran.data["balance"]) == ("pending", "49.9900", "0.0000")
    assert ran.data["redirect_url"].startswith("http") and ran.data["invoice"] is None


def test_the_sandbox_pays_at_once(run: Run, company: None) -> None:
    ran = run("top-up", "100", "--gateway", "sandbox", "--json")
    assert (ran.data["status"], ran.data["balance"]) == ("paid", "100.0000")
    assert ran.data["invoice"].startswith("FV/1/")


def test_a_gateway_that_is_not_set_up_is_named_with_those_that_are(
    run: Run, configured: PaymentGateway
) -> None:
    other = next(kind for kind in KINDS if kind is not configured)
    ran = run("top-up", "100", "--gateway", other.value)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        f"The gateway {other.value} is not set up: see docs/operator.md. "
        f"What can be used: {configured.value}, sandbox.\n"
    )


@pytest.mark.parametrize("amount", ["9.99", "1000.01", "much", "10.001"])
def test_an_amount_that_is_not_for_sale_is_refused(run: Run, company: None, amount: str) -> None:
    assert run("top-up", amount, "--gateway", "sandbox").code == 2
