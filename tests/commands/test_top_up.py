"""``flask top-up``: the sandbox pays at once, the other gateways say where to pay."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask import Flask

from domain.ksef import KsefEnvironment
from gateways.ksef import KsefGateway
from gateways.ksef_settings import KsefSettings
from models import db
from models.payment import PaymentGateway
from sandbox.sample_account import COMPANY, OPERATOR
from services.invoice_settings import BUYER, SELLER, save_settings
from tests import factories as make
from tests.commands.conftest import Run
from tests.webhooks import payment_services

KINDS = (PaymentGateway.PAYU, PaymentGateway.PRZELEWY24, PaymentGateway.STRIPE)
REAL_KSEF = (KsefEnvironment.TEST, KsefEnvironment.DEMO, KsefEnvironment.PRODUCTION)


def wired(application: Flask, **changed: Any) -> None:
    """Set something else up."""
    application.extensions["goniec"] = replace(application.extensions["goniec"], **changed)


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
        wired(application, payments={service.kind: service.gateway})
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
        f"What can be used: {configured.value}.\n"
    )


def test_the_demo_names_its_sandbox_once(run: Run, application: Flask) -> None:
    with payment_services.running(PaymentGateway.PAYU) as service:
        wired(application, payments={PaymentGateway.SANDBOX: service.gateway}, demo=True)
        ran = run("top-up", "100", "--gateway", "payu")
    assert ran.code == 2 and ran.err.endswith("What can be used: sandbox.\n")


def test_the_sandbox_credits_nothing_where_real_money_is_taken(
    run: Run, configured: PaymentGateway, application: Flask
) -> None:
    ran = run("top-up", "100", "--gateway", "sandbox")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.count("\n") == 1 and "a payment service or KSeF is set up" in ran.err
    wired(application, demo=True)
    assert run("top-up", "100", "--gateway", "sandbox").code == 0


@pytest.mark.parametrize("environment_of_ksef", REAL_KSEF)
def test_the_sandbox_credits_nothing_where_invoices_go_into_ksef(
    run: Run, application: Flask, company: None, environment_of_ksef: KsefEnvironment
) -> None:
    settings = KsefSettings(environment_of_ksef, "5252248481", date(2026, 2, 1), token="t")
    wired(application, ksef=KsefGateway(settings))
    assert run("top-up", "100", "--gateway", "sandbox").code == 3


def test_what_was_tried_out_before_is_found_once_real_money_is_taken(
    run: Run, application: Flask, company: None
) -> None:
    run("top-up", "100", "--gateway", "sandbox")
    assert run("ledger", "verify").code == 0
    with payment_services.running(PaymentGateway.PAYU) as service:
        wired(application, payments={service.kind: service.gateway})
        ran = run("ledger", "verify")
    assert ran.code == 3 and "the sandbox's 10000 grosze are on the ledger" in ran.out


@pytest.mark.parametrize("amount", ["9.99", "1000.01", "much", "10.001"])
def test_an_amount_that_is_not_for_sale_is_refused(run: Run, company: None, amount: str) -> None:
    assert run("top-up", amount, "--gateway", "sandbox").code == 2
