"""An invoice's way into KSeF, as an accountant sees it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from gateways.ksef import KsefGateway
from models.user import User
from sandbox import ksef
from sandbox.sample_account import write_account
from services.send_to_ksef import send_to_ksef
from tests.browser.conftest import DESK, PHONE

OpenPage = Callable[..., Page]
NOW = datetime(2026, 4, 20, 9, tzinfo=UTC)


@pytest.fixture
def there() -> Iterator[ksef.Ksef]:
    with ksef.running() as running:
        running.office.script.delay = 0
        yield running


@pytest.fixture
def invoices(stored: Session, address: str) -> None:
    write_account(stored, actor_id=stored.scalars(sa.select(User.id)).one(), now=NOW)
    stored.commit()


def test_a_refused_invoice_is_sent_again_and_gets_its_number(
    open_page: OpenPage, stored: Session, invoices: None, there: ksef.Ksef
) -> None:
    gateway = KsefGateway(ksef.settings_for(there.url))
    there.office.script.verdicts.append(450)
    send_to_ksef(stored, gateway, lambda: NOW)
    page = open_page()
    page.goto("/admin/invoice/")
    expect(page.get_by_text("Refused", exact=True)).to_be_visible()
    page.get_by_role("link", name="FV/1/2026").click()
    expect(page.get_by_text("KSeF has refused this invoice")).to_be_visible()
    page.get_by_role("button", name="Send to KSeF again").click()
    expect(page.get_by_text("The invoice will be sent to KSeF again.")).to_be_visible()
    send_to_ksef(stored, gateway, lambda: datetime.now(UTC) + timedelta(minutes=1))
    page.reload()
    [number, _other] = sorted(there.office.accepted, key=lambda one: there.office.accepted[one][1].came_at)[
        ::-1
    ]
    expect(page.get_by_text(number)).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Receipt (UPO)").click()
    assert number.encode() in download.value.path().read_bytes()


@pytest.mark.parametrize(("viewport", "scheme"), [(PHONE, "dark"), (DESK, "light")])
def test_the_screens_fit(
    open_page: OpenPage,
    stored: Session,
    invoices: None,
    there: ksef.Ksef,
    viewport: dict[str, int],
    scheme: str,
) -> None:
    there.office.script.verdicts.append(450)
    gateway = KsefGateway(ksef.settings_for(there.url))
    send_to_ksef(stored, gateway, lambda: NOW)
    page = open_page(viewport, color_scheme=scheme, locale="pl-PL")
    for path in ("invoice/", "invoice/details/?id=1", "invoice/details/?id=2"):
        page.goto(f"/admin/{path}")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
