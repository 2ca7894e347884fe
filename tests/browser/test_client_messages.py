"""Writing to one client, and the sign beside a phone number, as a person does it."""

from collections.abc import Callable
from datetime import date

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, Route, expect
from sqlalchemy.orm import Session

from models.client import Client
from models.message import Message
from models.price_list import SmsPrice
from models.sms_account import SmsAccount
from tests import factories as make
from tests.browser.conftest import PHONE

OpenPage = Callable[..., Page]


@pytest.fixture
def client(stored: Session, address: str) -> Client:
    client = make.make_person(stored, "Anna", "Nowak", email="anna@poczta.example")
    make.give_phone(stored, client, "600 100 200")
    stored.add(SmsPrice(name="Polska", prefix="48", gross_per_part=1_500, valid_from=date(2026, 1, 1)))
    stored.execute(sa.update(SmsAccount).values(balance=15_000))
    stored.commit()
    return client


def test_the_form_says_while_one_types_whether_a_text_can_go_there(
    open_page: OpenPage, client: Client
) -> None:
    page = open_page(PHONE)
    page.goto(f"/admin/client/edit/?id={client.id}")
    marks = page.locator(".phone-mark")
    expect(marks).to_have_text(["A text message can go to this number"])
    page.locator("#phone_numbers [data-inline-add]").click()
    number = page.locator("#phone_numbers-1-number")
    expect(number).to_be_focused()
    for typed, said in (
        ("22 123 45 67", "Not a Polish mobile number"),
        ("600 10", "Not a valid phone number"),
        ("600 100 300", "A text message can go"),
    ):
        number.fill(typed)
        expect(marks.nth(1)).to_contain_text(said)
        expect(number).to_be_focused()
        assert number.get_attribute("aria-describedby") == "phone_numbers-1-number-mark"
    number.fill("")
    expect(marks.nth(1)).to_be_empty()


def test_a_text_is_counted_checked_confirmed_and_sent(
    open_page: OpenPage, client: Client, stored: Session
) -> None:
    page = open_page()
    page.goto(f"/admin/client/details/?id={client.id}")
    page.get_by_role("link", name="Send an SMS").click()
    page.get_by_label("Content of the message").fill("Klucze czekają, {first_name}")
    expect(page.locator("[data-sms-parts]")).to_have_text("1 SMS part")
    page.get_by_role("button", name="Check and preview").click()
    send = page.locator("[data-send-single]")
    expect(page.locator("[data-sms-bubble]")).to_have_text("Klucze czekają, Anna")
    page.get_by_label("Content of the message").press("Control+End")
    page.keyboard.type("!")
    expect(send).to_be_hidden()
    page.get_by_role("button", name="Check and preview").click()
    send.click()
    expect(page.locator("[data-confirm-text]")).to_contain_text("+48600100200 will cost")
    page.locator("#confirm-dialog [data-confirm-yes]").click()
    expect(page.locator(".flashes")).to_contain_text("is on its way")
    assert stored.scalars(sa.select(Message.body_text)).all() == ["Klucze czekają, Anna!"]


def test_a_check_asked_for_while_one_is_under_way_is_made(open_page: OpenPage, client: Client) -> None:
    page, held = open_page(at=f"/admin/client/message/{client.id}/sms"), []

    def hold_the_first(route: Route) -> None:
        if held or route.request.method != "POST":
            route.continue_()
        else:
            held.append(route)

    page.route("**/admin/client/message/**", hold_the_first)
    check = page.get_by_role("button", name="Check and preview")
    page.get_by_label("Content of the message").fill("Klucze czekają")
    with page.expect_request(lambda request: request.method == "POST" and "/message/" in request.url):
        check.click()
    page.get_by_label("Content of the message").fill("Klucze czekają!")
    check.click()
    held[0].continue_()
    expect(page.locator("[data-send-single]")).to_be_visible()
    expect(page.locator("[data-sms-bubble]")).to_have_text("Klucze czekają!")


def test_a_mail_is_written_in_the_editor_and_sent(
    open_page: OpenPage, client: Client, stored: Session
) -> None:
    page = open_page()
    page.goto(f"/admin/client/message/{client.id}/email")
    page.wait_for_selector("#single[data-ready]")
    page.get_by_label("Title of the message").fill("Odbiór")
    page.frame_locator("iframe.tox-edit-area__iframe").locator("body").click()
    page.keyboard.type("Witaj, {first_name}")
    page.get_by_role("button", name="Check and preview").click()
    expect(page.frame_locator("[data-letter-part=html]").locator("body")).to_contain_text("Witaj, Anna")
    page.locator("[data-send-single]").click()
    page.locator("#confirm-dialog [data-confirm-yes]").click()
    expect(page.locator(".flashes")).to_contain_text("is on its way")
    (message,) = stored.scalars(sa.select(Message)).all()
    assert message.subject == "Odbiór" and "Witaj, Anna" in (message.body_html or "")


def test_back_after_a_message_never_meets_the_answer_to_a_form(open_page: OpenPage, client: Client) -> None:
    page = open_page()
    page.goto(f"/admin/client/details/?id={client.id}")
    page.get_by_role("link", name="Send an SMS").click()
    page.get_by_label("Content of the message").fill("Klucze czekają")
    page.get_by_role("button", name="Check and preview").click()
    page.locator("[data-send-single]").click()
    page.locator("#confirm-dialog [data-confirm-yes]").click()
    expect(page.locator(".flashes")).to_contain_text("is on its way")
    answer = page.go_back()
    assert answer is None or answer.request.method == "GET"
    expect(page.get_by_role("heading", level=1)).to_contain_text("Nowak")


@pytest.mark.parametrize("channel", ["sms", "email"])
def test_a_lost_connection_keeps_the_text_and_says_so(
    open_page: OpenPage, client: Client, stored: Session, channel: str
) -> None:
    page = open_page()
    page.goto(f"/admin/client/message/{client.id}/{channel}")
    if channel == "email":
        page.wait_for_selector("#single[data-ready]")
        page.get_by_label("Title of the message").fill("Odbiór")
        page.frame_locator("iframe.tox-edit-area__iframe").locator("body").click()
        page.keyboard.type("Klucze")
    else:
        page.get_by_label("Content of the message").fill("Klucze")
    page.get_by_role("button", name="Check and preview").click()
    send = page.locator("[data-send-single]")
    expect(send).to_be_visible()
    page.context.set_offline(True)
    send.click()
    page.locator("#confirm-dialog [data-confirm-yes]").click()
    expect(page.locator(".notice-bad")).to_contain_text("no connection to the server")
    assert stored.scalars(sa.select(Message.id)).all() == []
    page.context.set_offline(False)
    send.click()
    page.locator("#confirm-dialog [data-confirm-yes]").click()
    expect(page.locator(".flashes")).to_contain_text("is on its way")
    (body,) = stored.scalars(sa.select(Message.body_text)).all()
    assert "Klucze" in (body or "")


def test_what_forbids_a_message_is_said_in_the_page_and_the_text_stays(
    open_page: OpenPage, client: Client, stored: Session
) -> None:
    stored.execute(sa.update(SmsAccount).values(balance=0))
    stored.commit()
    page = open_page(PHONE)
    page.goto(f"/admin/client/message/{client.id}/sms")
    page.get_by_label("Content of the message").fill("Klucze")
    page.get_by_role("button", name="Check and preview").click()
    expect(page.locator(".notice-bad")).to_contain_text("Nothing was sent")
    expect(page.get_by_label("Content of the message")).to_have_value("Klucze")
    expect(page.locator("[data-send-single]")).to_have_count(0)
