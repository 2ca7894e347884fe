"""From the report of sent texts down to one message, in a real browser."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.delivery import DeliveryState
from domain.events import EventKind
from domain.local_time import WARSAW
from tests import factories as make
from tests.browser.conftest import PHONE
from tests.sms_scene import charge_text, make_rich

OpenPage = Callable[..., Page]


@pytest.fixture
def charged(address: str, stored: Session) -> None:
    """Forty texts of the last weeks: a campaign's, an event's, and one by hand."""
    make_rich(stored)
    today = datetime.now(UTC).astimezone(WARSAW).date()
    campaign = make.make_campaign(stored, make.make_investment(stored), channel=Channel.SMS)
    campaign.subject = campaign.body = "Zapraszamy na odbiór lokalu"
    client = make.make_person(stored, "Łucja", "Zażółć")
    for place in range(36):
        charge_text(
            stored,
            today - timedelta(days=place % 12),
            campaign=campaign,
            client=client,
            parts=1 + place % 2,
            delivery_state=DeliveryState.DELIVERED,
        )
    for place in range(3):
        charge_text(stored, today - timedelta(days=place), told=EventKind.TICKET_DONE, sender="48500100200")
    charge_text(stored, today, address="+48600999888")
    stored.commit()


@pytest.mark.parametrize("screen", [None, PHONE])
def test_a_sum_leads_to_its_messages_and_a_message_to_its_card(
    open_page: OpenPage, charged: None, screen: dict[str, int] | None
) -> None:
    page = open_page(screen, locale="en-GB") if screen else open_page()
    page.goto("/admin/sms_report/")
    expect(page.locator("[data-messages]")).to_have_text("40")
    expect(page.locator("[data-cost]")).to_contain_text("9.2742")
    page.get_by_role("link", name="Campaign or event").click()
    expect(page.get_by_role("link", name="Notification: Ticket finished")).to_be_visible()
    page.get_by_role("link", name="Zapraszamy na odbiór lokalu").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Zapraszamy na odbiór lokalu")
    expect(page.locator("[data-messages]")).to_have_text("36")
    assert page.locator("tbody tr").count() == 36
    page.get_by_title("Show the message").first.click()
    page.wait_for_url("**/admin/message/details/**")
    page.go_back()
    page.get_by_role("link", name="Back to the sums").click()
    expect(page.locator("[data-messages]")).to_have_text("40")


def test_a_bar_of_the_chart_leads_where_its_line_leads(page: Page, charged: None) -> None:
    page.goto("/admin/sms_report/?by=sender")
    canvas = page.locator("#report-chart")
    box = canvas.bounding_box()
    assert box
    canvas.click(position={"x": box["width"] * 0.5, "y": box["height"] * 0.25})  # the dearest lies on top
    page.wait_for_url("**/sms_report/messages/**line=Nadrzecze")
    expect(page.locator("[data-messages]")).to_have_text("37")


def test_what_is_filtered_is_what_is_saved(page: Page, charged: None) -> None:
    page.goto("/admin/sms_report/")
    page.get_by_label("Client or number").fill("zażółć")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("[data-messages]")).to_have_text("36")
    page.get_by_role("link", name="All messages").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Export CSV").click()
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 37 and all("Zażółć" in line for line in lines[1:])
    page.get_by_role("link", name="Clear").click()
    expect(page.locator("[data-messages]")).to_have_text("40")


def test_a_period_is_one_click_away_and_keeps_what_is_filtered(page: Page, charged: None) -> None:
    page.goto("/admin/sms_report/?by=month&sender=48500100200")
    page.get_by_role("link", name="Last year").click()
    expect(page.locator("main")).to_contain_text("Nothing was charged in this period")
    assert page.get_by_label("Sender").input_value() == "48500100200"
    page.get_by_role("link", name="Last 30 days").click()
    expect(page.locator("[data-messages]")).to_have_text("3")


def test_on_a_phone_each_label_of_the_total_stands_beside_its_number(
    open_page: OpenPage, charged: None
) -> None:
    page = open_page(PHONE)
    page.goto("/admin/sms_report/")
    cells = page.locator("tfoot td")
    assert cells.count() == 3
    # A label is laid out from its nearest positioned ancestor: that has to be its own cell.
    assert cells.evaluate_all("all => all.map((cell) => getComputedStyle(cell).position)") == ["relative"] * 3
    tops = [(box or {"y": 0})["y"] for box in (cells.nth(place).bounding_box() for place in range(3))]
    assert tops == sorted(set(tops))
