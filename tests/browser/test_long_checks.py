"""A large audience takes a while to check and approve: the composer says what goes on, and starts it once."""

import re

import pytest
import sqlalchemy as sa
from playwright.sync_api import Locator, Page, Route, expect
from sqlalchemy.orm import Session

from domain.channel import Channel
from models.campaign import Campaign
from models.investment import Investment
from models.message import Message
from tests.browser.composing import READY, compose, make_audience, saved, write
from tests.sms_campaigns import make_sms_draft

CHECK, SENDING = re.compile(r"/campaign/preflight/"), re.compile(r"/campaign/send/")


@pytest.fixture
def investment(stored: Session) -> Investment:
    return make_audience(stored)


def written(page: Page, investment: Investment) -> Locator:
    """A message for five clients, saved; the report's window."""
    compose(page, investment)
    page.fill("#subject", "Przerwa w dostawie wody")
    page.check("[value=sale]")
    write(page, "<p>Dzień dobry, {first_name}!</p>")
    saved(page)
    return page.locator("#preflight")


def held(page: Page, url: re.Pattern[str]) -> list[Route]:
    """Requests that wait, in order, until they are let through."""
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    page.route(url, hold)
    return waiting


def test_a_check_says_of_how_many_clients_and_for_how_long(page: Page, investment: Investment) -> None:
    report, waiting = written(page, investment), held(page, CHECK)
    page.locator("button[data-send]").click()
    expect(report.get_by_role("status")).to_have_text("Checking clients: 5")
    expect(report.get_by_role("timer")).to_have_text("2 s")
    waiting[0].continue_()
    expect(report.locator("[data-report-form]")).to_be_visible()
    expect(report.get_by_role("timer")).to_have_count(0)


def test_a_check_of_texts_says_that_they_are_counted(page: Page, stored: Session) -> None:
    draft = make_sms_draft(stored)
    assert draft.channel == Channel.SMS
    stored.commit()
    page.goto(f"/admin/campaign/compose/{draft.id}")
    page.wait_for_selector(READY)
    waiting = held(page, CHECK)
    page.locator("button[data-send]").click()
    expect(page.locator("#preflight").get_by_role("status")).to_have_text(
        "Checking clients and counting the cost of every text: 2"
    )
    waiting[0].continue_()


def test_a_check_left_and_asked_for_again_is_the_same_check(page: Page, investment: Investment) -> None:
    report, waiting = written(page, investment), held(page, CHECK)
    page.locator("button[data-send]").click()
    expect(report.get_by_role("timer")).to_have_text("1 s")
    report.get_by_role("button", name="Cancel").click()
    expect(report).to_be_hidden()
    page.locator("button[data-send]").click()
    expect(report.get_by_role("status")).to_be_visible()
    assert len(waiting) == 1
    waiting[0].continue_()
    expect(report.locator("[data-report-form]")).to_be_visible()


def test_another_message_is_checked_anew(page: Page, investment: Investment) -> None:
    report, waiting = written(page, investment), held(page, CHECK)
    page.locator("button[data-send]").click()
    expect(report.get_by_role("status")).to_be_visible()
    page.keyboard.press("Escape")
    page.fill("#subject", "Zmiana terminu")
    page.locator("button[data-send]").click()
    expect(report.get_by_role("status")).to_be_visible()
    assert len(waiting) == 2
    waiting[1].continue_()
    expect(report.locator("[data-report-form]")).to_be_visible()
    waiting[0].continue_()
    expect(report.locator("[data-report-form]")).to_be_visible()


def test_an_approval_says_what_it_does_and_takes_no_second_click(
    page: Page, investment: Investment, stored: Session
) -> None:
    report, waiting = written(page, investment), held(page, SENDING)
    page.locator("button[data-send]").click()
    report.locator("[data-skip]").check()
    send = report.locator("[data-report-send]")
    send.click()
    expect(report.get_by_role("status")).to_have_text("Preparing messages: 3")
    expect(report.get_by_role("timer")).to_have_text("1 s")
    expect(send).to_be_disabled()
    expect(report.locator(".report-body")).to_have_attribute("inert", "")
    expect(report.locator("[data-report-close]").first).to_be_disabled()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(report).to_be_visible()
    assert len(waiting) == 1
    waiting[0].continue_()
    page.wait_for_url("**/admin/campaign/details/**")
    assert stored.scalar(sa.select(sa.func.count(Campaign.id))) == 1
    assert stored.scalar(sa.select(sa.func.count(Message.id))) == 3
