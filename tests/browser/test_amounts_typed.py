"""An amount in a form is written and read the way the person's language writes it, in a real browser."""

from collections.abc import Callable
from datetime import date

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from models.price_list import SmsPrice
from models.sms_account import SmsAccount

OpenPage = Callable[..., Page]


@pytest.mark.parametrize(
    ("locale", "save", "threshold"), [("pl-PL", "Zapisz", "50,00"), ("en-GB", "Save", "50.00")]
)
def test_settings_that_nobody_changed_can_be_saved(
    open_page: OpenPage, stored: Session, locale: str, save: str, threshold: str
) -> None:
    page = open_page(locale=locale)
    page.goto("/admin/smssettings/")
    expect(page.locator("#low_balance")).to_have_value(threshold)
    with page.expect_response("**/smssettings/") as answer:
        page.get_by_role("button", name=save, exact=True).click()
    assert answer.value.status == 302
    assert stored.scalars(sa.select(SmsAccount)).one().low_balance == 500_000


@pytest.mark.parametrize(
    ("locale", "save", "price"), [("pl-PL", "Zapisz", "0,1599"), ("en-GB", "Save", "0.1599")]
)
def test_a_price_that_nobody_changed_can_be_saved_and_is_typed_with_a_comma_too(
    open_page: OpenPage, stored: Session, locale: str, save: str, price: str
) -> None:
    kept = SmsPrice(name="Polska", prefix="48", gross_per_part=1_599, valid_from=date(2026, 1, 1))
    stored.add(kept)
    stored.commit()
    page = open_page(locale=locale)
    for typed, units in ((price, 1_599), ("0,12", 1_200), ("0.13", 1_300)):
        page.goto(f"/admin/sms_price/edit/?id={kept.id}")
        if typed == price:
            expect(page.locator("#price")).to_have_value(price)
        else:
            page.locator("#price").fill(typed)
        page.get_by_role("button", name=save, exact=True).click()
        page.wait_for_url("**/admin/sms_price/")
        stored.refresh(kept)
        assert kept.gross_per_part == units
