"""The $ page with several payment services: which one is asked, and what the return page says of each."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from extensions.wiring import Wiring
from models.audit import AuditEntry
from models.ledger import LedgerEntry
from models.payment import Payment, PaymentGateway
from sandbox.sample_account import COMPANY, OPERATOR
from services.invoice_settings import BUYER, SELLER, save_settings
from tests import factories as make
from tests.admin_views.conftest import Visitor
from tests.webhooks import payment_services
from tests.webhooks.payment_services import Service

Visit = Callable[[str], Visitor]
KINDS = (PaymentGateway.PAYU, PaymentGateway.PRZELEWY24, PaymentGateway.STRIPE)
PAGE = "/admin/payment/top-up/"


@pytest.fixture
def services(panel: Flask, stored: Session) -> Iterator[dict[PaymentGateway, Service]]:
    """All three services at once, and an installation that can issue invoices."""
    save_settings(
        stored, {BUYER: COMPANY.to_json(), SELLER: OPERATOR.to_json()}, actor_id=None, now=make.LONG_AGO
    )
    stored.commit()
    before: Wiring = panel.extensions["goniec"]
    with ExitStack() as stack:
        found = {kind: stack.enter_context(payment_services.running(kind)) for kind in KINDS}
        panel.extensions["goniec"] = replace(
            before, payments={kind: service.gateway for kind, service in found.items()}
        )
        yield found
        panel.extensions["goniec"] = before


def test_the_payer_chooses_among_the_services_that_are_set_up(
    visit: Visit, services: dict[PaymentGateway, Service]
) -> None:
    page = visit("accountant").get(PAGE).text
    for kind, name in zip(KINDS, ("PayU", "Przelewy24", "Stripe"), strict=True):
        assert f'type="radio" name="gateway" value="{kind.value}"' in page and f"<span>{name}</span>" in page
    assert page.count(" checked") == 1 and 'value="sandbox"' not in page


@pytest.mark.parametrize("kind", KINDS, ids=[kind.value for kind in KINDS])
def test_the_return_page_tells_the_truth_for_every_service(
    visit: Visit, services: dict[PaymentGateway, Service], stored: Session, kind: PaymentGateway
) -> None:
    person = visit("accountant")
    answer = person.post(PAGE, amount="49,99", gateway=kind.value)
    assert answer.status_code == 303
    payment = stored.scalars(sa.select(Payment)).one()
    assert (payment.gateway, payment.amount, payment.status) == (kind, 4_999, "pending")
    back = f"/admin/payment/back/{payment.uuid}"
    assert payment.redirect_url.replace("&", "&amp;") in person.get(back, go="1").text
    assert "has not been confirmed yet" in person.get(back).text
    services[kind].pay(payment)
    assert "The payment has arrived." in person.get(back).text
    stored.expire_all()
    assert stored.scalars(sa.select(LedgerEntry.amount)).all() == [499_900]
    assert "FV/1/" in person.get(back).text
    assert "start_top_up" in set(stored.scalars(sa.select(AuditEntry.action)))


@pytest.mark.parametrize("gateway", ["sandbox", "nothing", ""])
def test_a_service_that_is_not_set_up_is_refused(
    visit: Visit, services: dict[PaymentGateway, Service], stored: Session, gateway: str
) -> None:
    answer = visit("accountant").post(PAGE, amount="100", gateway=gateway)
    assert answer.status_code == 409 and "is not set up here" in answer.text
    assert stored.scalar(sa.select(sa.func.count(Payment.id))) == 0


def test_after_a_mistake_the_choice_is_still_made(
    visit: Visit, services: dict[PaymentGateway, Service]
) -> None:
    page = visit("accountant").post(PAGE, amount="5", gateway="stripe").text
    assert 'value="stripe" checked' in page and page.count(" checked") == 1


def test_a_service_that_does_not_answer_leaves_the_payment_not_started(
    visit: Visit, services: dict[PaymentGateway, Service], stored: Session
) -> None:
    stripe = services[PaymentGateway.STRIPE]
    assert isinstance(stripe, payment_services.Stripe)
    stripe.peer.broken = True
    answer = visit("accountant").post(PAGE, amount="100", gateway="stripe")
    assert answer.status_code == 409 and "does not answer" in answer.text
    assert stored.scalars(sa.select(Payment.status)).all() == ["failed"]
