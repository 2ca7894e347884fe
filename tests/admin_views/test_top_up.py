"""The $ page with several payment services, the way back from each, and a top-up that is taken back."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask, url_for
from sqlalchemy.orm import Session

from extensions.panel_addresses import payment_addresses, top_up_page
from extensions.wiring import Wiring
from models.audit import AuditEntry
from models.invoice import Invoice
from models.ledger import LedgerEntry
from models.payment import Payment, PaymentGateway
from models.sms_account import SmsAccount
from models.user import User
from sandbox.sample_account import COMPANY, OPERATOR, write_account
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


def test_addresses_for_those_without_routes_are_the_routes(panel: Flask) -> None:
    home = "http://localhost"
    with panel.test_request_context(base_url=home):
        assert top_up_page(home) == url_for("payment.top_up", _external=True)
        for kind in KINDS:
            addresses = payment_addresses(home, kind)
            back = url_for("payment.back", uuid="u-1", _external=True)
            assert addresses.continue_url.format(uuid="u-1") == back
            assert addresses.notify_url == url_for(
                "webhooks.payment_news", gateway=kind.value, _external=True
            )


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


# --- taking a top-up back ---


@pytest.fixture
def account(panel: Flask, stored: Session) -> int:
    """The sample company's account with two paid top-ups; the number of the first."""
    administrator = stored.scalars(sa.select(User).where(User.name == "administrator")).one()
    write_account(stored, actor_id=administrator.id, now=make.LONG_AGO)
    stored.commit()
    return stored.scalars(sa.select(Payment.id).order_by(Payment.id)).all()[0]


def test_an_administrator_takes_a_top_up_back_once(visit: Visit, stored: Session, account: int) -> None:
    person, card = visit("administrator"), f"/admin/payment/details/?id={account}"
    amount = stored.scalars(sa.select(Payment.amount).where(Payment.id == account)).one()
    before = stored.scalars(sa.select(SmsAccount.balance)).one()
    assert "Take this top-up back" in person.get(card).text
    answer = person.post(f"/admin/payment/take-back/?id={account}", reason="Zapłacono dwa razy")
    [said] = person.sentences(card)
    assert answer.status_code == 302 and said.startswith("The top-up was taken back. Correction FK/1/")
    stored.expire_all()
    assert stored.scalars(sa.select(SmsAccount.balance)).one() == before - amount * 100
    correction = stored.scalars(sa.select(Invoice).where(Invoice.series == "FK")).one()
    assert (correction.gross, correction.reason) == (-amount, "Zapłacono dwa razy")
    assert person.get(f"/admin/invoice/pdf/{correction.id}").data[:4] == b"%PDF"
    assert "Take this top-up back" not in person.get(card).text
    person.post(f"/admin/payment/take-back/?id={account}", reason="again")
    assert person.sentences(card) == ["This entry has already been reversed."]
    assert stored.scalar(sa.select(sa.func.count(Invoice.id)).where(Invoice.series == "FK")) == 1


def test_without_a_reason_a_top_up_stays(visit: Visit, stored: Session, account: int) -> None:
    person = visit("administrator")
    person.post(f"/admin/payment/take-back/?id={account}", reason=" ")
    assert person.sentences() == ["Say why this entry is reversed."]
    assert stored.scalar(sa.select(sa.func.count(Invoice.id)).where(Invoice.series == "FK")) == 0


@pytest.mark.parametrize("role", ["accountant", "operator", "viewer"])
def test_nobody_but_an_administrator_takes_a_top_up_back(
    visit: Visit, stored: Session, account: int, role: str
) -> None:
    person = visit(role)
    assert person.post(f"/admin/payment/take-back/?id={account}", reason="x").status_code == 403
    assert "Take this top-up back" not in person.get(f"/admin/payment/details/?id={account}").text
    assert stored.scalar(sa.select(sa.func.count(Invoice.id)).where(Invoice.series == "FK")) == 0
