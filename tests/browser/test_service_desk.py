"""The service desk in a real browser: from a repair to the queued message, and to why there is none."""

import re

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from domain.channel import Channel
from models.client import Client
from models.message import Message
from models.notification import NotificationRule
from models.repair import Repair
from tests.browser.conftest import PHONE
from tests.service_desk import ADDRESS, NUMBER, make_repair, make_told_client


@pytest.fixture
def client(address: str, stored: Session) -> Client:
    client = make_told_client(stored)
    stored.commit()
    return client


def add_repair(page: Page, device: str) -> None:
    page.goto("/admin/repair/new/")
    page.fill("#client-search", "now")
    page.get_by_role("option", name="Anna Nowak").click()
    page.fill("[name=device]", device)
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/admin/repair/")


def ask_for_the_cost(page: Page, device: str, amount: str) -> None:
    row = page.locator("tr", has_text=device)
    row.get_by_role("link", name="Open").click()
    page.get_by_text("Add a cost offer", exact=True).click()
    page.get_by_label("Gross amount (PLN)").fill(amount)
    page.get_by_role("button", name="Make the offer").click()
    page.get_by_role("button", name="Awaiting cost acceptance").click()
    expect(page.get_by_text("The state was changed.")).to_be_visible()


def test_a_cost_is_asked_for_until_the_rule_says_never_and_the_log_says_why(
    page: Page, stored: Session, client: Client
) -> None:
    add_repair(page, "Laptop")
    ask_for_the_cost(page, "Laptop", "1234,50")
    asked = page.locator(".desk-timeline > li").first
    expect(asked).to_contain_text("Costs to be accepted")
    expect(asked).to_contain_text(ADDRESS)
    expect(asked).to_contain_text(NUMBER)
    texts = stored.scalars(sa.select(Message.body_text).where(Message.channel == Channel.SMS)).all()
    assert len(texts) == 1 and "1 234,50 zł" in (texts[0] or "")

    for channel in ("email", "sms"):
        page.goto(f"/admin/notification_rule/cost_acceptance/{channel}")
        expect(page.locator("#rule")).to_have_attribute("data-ready", "yes")
        page.get_by_label("When it is sent").select_option("never")
        page.get_by_role("button", name="Save", exact=True).click()
        page.wait_for_url("**/admin/notification_rule/")
    stored.expire_all()
    assert set(stored.scalars(sa.select(NotificationRule.body))) == {""}, "nobody touched the texts"

    add_repair(page, "Toster")
    ask_for_the_cost(page, "Toster", "90")
    page.goto("/admin/notification/?flt0_event=cost_acceptance&flt1_result=rule_never")
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("tbody tr").first).to_contain_text("The rule says never")
    stored.expire_all()
    assert len(stored.scalars(sa.select(Message).where(Message.channel == Channel.SMS)).all()) == 1


def test_closing_asks_first(page: Page, stored: Session, client: Client) -> None:
    repair = make_repair(stored, client)
    stored.commit()
    page.goto(f"/admin/repair/details/?id={repair.id}")
    page.get_by_role("button", name="Repair closed").click()
    dialog = page.locator("#confirm-dialog")
    expect(dialog).to_contain_text("will be closed")
    dialog.get_by_role("button", name="Cancel").click()
    stored.refresh(repair)
    assert repair.state.value == "received"
    page.get_by_role("button", name="Repair closed").click()
    dialog.get_by_role("button", name="Close the repair").click()
    expect(page.get_by_text("The state was changed.")).to_be_visible()
    stored.expire_all()
    assert stored.get_one(Repair, repair.id).state.value == "closed"


def test_a_text_is_written_previewed_kept_from_another_and_brought_back(
    page: Page, stored: Session, client: Client
) -> None:
    repair = make_repair(stored, client, device="Ekspres")
    stored.commit()
    page.goto("/admin/notification_rule/repair_ready/sms")
    bubble = page.locator("[data-sms-bubble]")
    expect(bubble).to_contain_text("N/2026/0042")
    page.fill("#record-search", "eksp")
    page.get_by_role("option", name=re.compile("Ekspres")).click()
    expect(bubble).to_contain_text(repair.number)
    expect(page.locator("[data-marketing]")).to_be_hidden()
    page.fill("[name=body]", "Rabat na <%= repair.device %>!")
    expect(bubble).to_have_text("Rabat na Ekspres!")
    expect(page.locator("[data-marketing]")).to_contain_text("art. 398")
    page.get_by_label("When it is sent").select_option("consent")
    expect(page.locator("[data-marketing]")).to_be_hidden()
    page.get_by_label("When it is sent").select_option("always")

    page.fill("[name=body]", "Żółty <%= repair.device %>")
    expect(page.locator("[data-sms-encoding]")).to_have_text("With special characters")
    page.get_by_label("Without Polish letters").select_option("yes")
    expect(bubble).to_have_text("Zolty Ekspres")
    expect(page.locator("[data-sms-parts]")).to_have_text("1 SMS part")

    theirs = NotificationRule(event="repair_ready", channel="sms", mode="never", body="Czyjś tekst")
    stored.add(theirs)
    stored.commit()
    save = page.get_by_role("button", name="Save", exact=True)
    save.click()
    expect(page.get_by_text("Somebody else saved this rule")).to_be_visible()
    page.get_by_text("What they saved").click()
    expect(page.get_by_text("Czyjś tekst")).to_be_visible()
    expect(page.locator("[name=body]")).to_have_value("Żółty <%= repair.device %>")
    save.click()
    page.wait_for_url("**/admin/notification_rule/")
    stored.refresh(theirs)
    assert (theirs.body, theirs.strip_letters) == ("Żółty <%= repair.device %>", True)

    page.goto("/admin/notification_rule/repair_ready/sms")
    page.get_by_role("button", name="Bring the default text back").click()
    page.get_by_role("button", name="Bring it back", exact=True).click()
    expect(page.get_by_text("The default text is back.")).to_be_visible()
    expect(bubble).to_contain_text("N/2026/0042")


def test_an_email_is_previewed_while_it_is_written(page: Page, stored: Session, client: Client) -> None:
    page.goto("/admin/notification_rule/ticket_done/email")
    expect(page.locator("#rule")).to_have_attribute("data-ready", "yes")
    page.get_by_label("Subject").fill("Gotowe: <%= ticket.number %>")
    expect(page.locator("[data-preview-subject]")).to_have_text("Gotowe: Z/2026/0017")
    editor = page.frame_locator("iframe.tox-edit-area__iframe").locator("body")
    editor.locator("p").first.click()
    page.keyboard.press("End")
    page.keyboard.type(" Dziękujemy")
    letter = page.frame_locator("[data-preview-html]")
    expect(letter.locator("body")).to_contain_text("Dziękujemy")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/admin/notification_rule/")
    kept = stored.scalars(sa.select(NotificationRule)).one()
    assert "Dziękujemy" in kept.body and "<%= ticket.number %>" in kept.subject


def test_the_screens_fit_a_phone(open_page: object, stored: Session, client: Client) -> None:
    repair = make_repair(stored, client, device="Urządzenie o bardzo długiej nazwie " * 4)
    stored.commit()
    page: Page = open_page(PHONE, color_scheme="dark")  # type: ignore[operator]
    for path in (
        f"repair/details/?id={repair.id}",
        "repair/new/",
        "repair/",
        "notification_rule/",
        "notification_rule/cost_acceptance/sms",
        "notification/",
    ):
        page.goto(f"/admin/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
