"""From the dollar sign over the payment page to the invoice, in a real browser."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from extensions.wiring import Wiring
from gateways.payu import PayuGateway
from gateways.przelewy24 import Przelewy24Gateway
from models.invoice import Invoice
from models.ledger import LedgerEntry
from models.payment import Payment, PaymentGateway
from sandbox import paywall
from sandbox.sample_account import COMPANY, OPERATOR
from services.invoice_settings import BUYER, SELLER, save_settings
from tests import factories as make
from tests import przelewy24_peer
from tests.browser.conftest import PHONE
from tests.conftest import SharedPanel

OpenPage = Callable[..., Page]


@pytest.fixture
def wall(shared_panel: SharedPanel, stored: Session, address: str) -> Iterator[paywall.Paywall]:
    """A payment service the panel knows, and an installation that can issue invoices."""
    before: Wiring = shared_panel.app.extensions["goniec"]
    save_settings(
        stored, {BUYER: COMPANY.to_json(), SELLER: OPERATOR.to_json()}, actor_id=None, now=make.LONG_AGO
    )
    stored.commit()
    with paywall.running(pauses=()) as running:
        gateway = PayuGateway(running.settings)
        shared_panel.app.extensions["goniec"] = replace(
            before, base_url=address, payments={PaymentGateway.SANDBOX: gateway}
        )
        yield running
    shared_panel.app.extensions["goniec"] = before


def start(page: Page, amount: str) -> None:
    page.goto("/admin/")
    page.get_by_role("link", name="Doładuj konto SMS").click()
    page.get_by_role("textbox", name="Kwota w złotych").fill(amount)
    page.get_by_role("button", name="Przejdź do płatności").click()


def test_an_amount_becomes_a_balance_and_an_invoice(
    open_page: OpenPage, wall: paywall.Paywall, stored: Session
) -> None:
    page = open_page(locale="pl-PL")
    start(page, "5")
    expect(page.get_by_role("alert")).to_contain_text("od 10 do 1000 zł")
    assert stored.scalar(sa.select(sa.func.count(Payment.id))) == 0
    start(page, "49,99")
    page.wait_for_url(f"{wall.url}/pay/**")
    expect(page.locator("body")).to_contain_text("49,99")
    page.get_by_role("button", name="Zapłać", exact=True).click()
    page.wait_for_url("**/admin/payment/back/**")
    expect(page.locator("main")).to_contain_text("Płatność dotarła.")
    expect(page.locator("main")).to_contain_text("FV/1/")
    with page.expect_download() as download:
        page.get_by_role("link", name="Pobierz fakturę").click()
    assert download.value.path().read_bytes().startswith(b"%PDF")
    assert stored.scalars(sa.select(Invoice.gross)).all() == [4_999]


def test_paying_twice_and_coming_back_twice_credits_once(
    open_page: OpenPage, wall: paywall.Paywall, stored: Session
) -> None:
    page = open_page(PHONE, locale="pl-PL")
    start(page, "10")
    page.wait_for_url(f"{wall.url}/pay/**")
    page.get_by_role("button", name="Zapłać dwa razy").click()
    page.wait_for_url("**/admin/payment/back/**")
    wall.settle()
    page.reload()
    expect(page.locator("main")).to_contain_text("Saldo konta wynosi teraz 10,00")
    assert stored.scalars(sa.select(LedgerEntry.amount)).all() == [100_000]


def test_a_refused_payment_credits_nothing_and_can_be_tried_again(
    open_page: OpenPage, wall: paywall.Paywall, stored: Session
) -> None:
    page = open_page(locale="pl-PL")
    start(page, "100")
    page.wait_for_url(f"{wall.url}/pay/**")
    page.get_by_role("button", name="Odmów").click()
    page.wait_for_url("**/admin/payment/back/**")
    expect(page.locator("main")).to_contain_text("Płatność nie doszła do skutku.")
    page.get_by_role("link", name="Spróbuj ponownie").click()
    expect(page.get_by_role("textbox", name="Kwota w złotych")).to_be_visible()
    assert stored.scalar(sa.select(sa.func.count(LedgerEntry.id))) == 0


def test_an_abandoned_payment_says_that_it_waits(open_page: OpenPage, wall: paywall.Paywall) -> None:
    page = open_page(locale="pl-PL")
    start(page, "100")
    page.wait_for_url(f"{wall.url}/pay/**")
    page.get_by_role("button", name="Porzuć").click()
    page.wait_for_url("**/admin/payment/back/**")
    expect(page.locator("main")).to_contain_text("Płatność nie została jeszcze potwierdzona.")
    expect(page.get_by_role("link", name="Wróć do płatności")).to_be_visible()


def test_the_payer_chooses_a_service_and_comes_back_to_the_truth(
    open_page: OpenPage, wall: paywall.Paywall, shared_panel: SharedPanel, stored: Session
) -> None:
    with przelewy24_peer.running() as service:
        hands: Wiring = shared_panel.app.extensions["goniec"]
        shared_panel.app.extensions["goniec"] = replace(
            hands,
            payments={**hands.payments, PaymentGateway.PRZELEWY24: Przelewy24Gateway(service.settings)},
        )
        page = open_page(PHONE, locale="pl-PL")
        page.goto("/admin/payment/top-up/")
        expect(page.get_by_role("radio", name="Płatność próbna")).to_be_checked()
        page.get_by_text("Przelewy24").click()
        page.get_by_role("textbox", name="Kwota w złotych").fill("49,99")
        page.get_by_role("button", name="Przejdź do płatności").click()
        page.wait_for_url(f"{service.url}/trnRequest/**")
        [uuid] = service.sales
        page.goto(f"/admin/payment/back/{uuid}")
        expect(page.locator("main")).to_contain_text("Płatność nie została jeszcze potwierdzona.")
        service.pay(uuid)
        page.reload()
        expect(page.locator("main")).to_contain_text("Płatność dotarła.")
    assert stored.scalars(sa.select(LedgerEntry.amount)).all() == [499_900]
