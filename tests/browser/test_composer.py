"""The composer in a real browser: nothing typed is lost, and the editor keeps what it does not understand."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from models.campaign import Campaign
from models.investment import Investment
from tests.browser.composing import READY, compose, make_audience, saved, write
from tests.browser.conftest import log_in

OpenPage = Callable[..., Page]
CONTENT = "hugerte.activeEditor.getContent()"


@pytest.fixture
def investment(stored: Session) -> Investment:
    return make_audience(stored)


# --- nothing typed is lost ---


def test_a_draft_survives_a_reload(page: Page, investment: Investment) -> None:
    compose(page, investment)
    page.fill("#subject", "Zażółć")
    page.check("[value=sale]")
    write(page, "<p>gęślą jaźń</p>")
    page.reload()
    page.wait_for_selector(READY)
    expect(page.locator("#subject")).to_have_value("Zażółć")
    expect(page.locator("[value=sale]")).to_be_checked()
    assert page.evaluate(CONTENT) == "<p>gęślą jaźń</p>"


def test_what_the_server_refused_to_take_is_back_after_logging_in_again(
    page: Page, investment: Investment, stored: Session
) -> None:
    compose(page, investment)
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.fill("#subject", "Po wylogowaniu")
    banner = page.locator("[data-lost]")
    expect(banner).to_contain_text("You have been logged out.")
    banner.get_by_role("link", name="Log in").click()
    log_in(page)
    page.wait_for_selector(READY)
    expect(page.locator("#subject")).to_have_value("Po wylogowaniu")
    saved(page)
    assert stored.scalar(sa.select(Campaign.subject)) == "Po wylogowaniu"
    assert cookies


def test_sending_after_the_session_ended_asks_to_log_in_before_anything_else(
    page: Page, investment: Investment
) -> None:
    compose(page, investment)
    page.fill("#subject", "Tytuł")
    page.check("[value=sale]")
    write(page, "<p>Treść</p>")
    saved(page)
    page.locator("[data-send]").click()
    report = page.locator("#preflight")
    report.locator("[data-skip]").check()
    page.context.clear_cookies()
    report.locator("[data-report-send]").click()
    expect(report).to_be_hidden()
    expect(page.locator("[data-lost]").get_by_role("link", name="Log in")).to_be_visible()


def test_an_expired_token_is_renewed_without_a_word(
    page: Page, investment: Investment, stored: Session
) -> None:
    compose(page, investment)
    page.evaluate("document.querySelector('meta[name=csrf-token]').content = 'expired'")
    page.fill("#subject", "Nadal tu")
    saved(page)
    expect(page.locator("[data-lost]")).to_be_hidden()
    assert stored.scalar(sa.select(Campaign.subject)) == "Nadal tu"


def test_a_second_window_is_told_and_asked(page: Page, investment: Investment, stored: Session) -> None:
    compose(page, investment)
    other = page.context.new_page()
    other.goto(page.url)
    other.wait_for_selector(READY)
    other.fill("#subject", "Z drugiego okna")
    saved(other)
    other.close()
    page.fill("#subject", "Z pierwszego")
    banner = page.locator("[data-lost]")
    expect(banner).to_contain_text("changed in another window")
    assert stored.scalar(sa.select(Campaign.subject)) == "Z drugiego okna"
    banner.get_by_role("button", name="Keep what I see here").click()
    saved(page)
    stored.rollback()
    assert stored.scalar(sa.select(Campaign.subject)) == "Z pierwszego"


def test_a_template_asks_before_it_replaces_what_was_typed(page: Page, investment: Investment) -> None:
    compose(page, investment)
    page.fill("#subject", "Własny tytuł")
    page.select_option("#template_id", label="Informacja")
    page.locator("#confirm-dialog").get_by_role("button", name="Cancel").click()
    expect(page.locator("#subject")).to_have_value("Własny tytuł")
    expect(page.locator("#template_id")).to_have_value("")
    page.select_option("#template_id", label="Informacja")
    page.locator("#confirm-dialog [data-confirm-yes]").click()
    expect(page.locator("#subject")).to_have_value("Wieści: {investment_name}")


# --- the editor ---


TEMPLATES = (
    "<p>{client_name}, <%= client.first_name %> &amp; <b>x</b></p>",
    "<p><% if (1 < 2 && 3 > 2) { %>mniej<% } %></p>",
    '<% if (client.kind === "company") { %><p>A</p><% } else { %><p>B</p><% } %>',
    "<table><tbody><% for (let i = 0; i < 2; i++) { %><tr><td><%= i %></td></tr><% } %></tbody></table>",
    "<ul><% [1, 2].forEach(function (n) { %><li><%= n %></li><% }) %></ul>",
    '<p><a href="https://x.example/?q=<%= client.name %>&amp;t={contract_number}">x</a></p>',
    '<p><a title="<%= "a > b" %>" href="{unsubscribe_url}">x</a></p>',
    "<p>Zażółć „gęślą” jaźń — 5 &lt; 6 <%# uwaga %></p>",
)


def test_a_templates_code_survives_the_editor(page: Page, investment: Investment) -> None:
    def bare(html: str) -> str:
        without = re.sub(r"\s+(?=<)|(?<=>)\s+", "", html)
        return without.replace("<strong>", "<b>").replace("</strong>", "</b>")

    compose(page, investment)
    for source in TEMPLATES:
        page.evaluate("html => hugerte.activeEditor.setContent(html)", source)
        assert bare(page.evaluate(CONTENT)) == bare(source)
        page.evaluate("html => hugerte.activeEditor.setContent(html)", page.evaluate(CONTENT))
        assert bare(page.evaluate(CONTENT)) == bare(source)


def test_code_typed_as_text_is_code(page: Page, investment: Investment) -> None:
    compose(page, investment)
    page.frame_locator(".tox-edit-area iframe").locator("body").click()
    page.keyboard.type("Dla <% if (1 < 2 && true) { %>Anny<% } %>")
    assert page.evaluate(CONTENT) == "<p>Dla <% if (1 < 2 && true) { %>Anny<% } %></p>"


def test_the_menus_speak_polish_and_the_fields_are_inserted(
    open_page: OpenPage, investment: Investment
) -> None:
    page = open_page(locale="pl-PL")
    compose(page, investment)
    menus = page.locator(".tox-menubar button").all_inner_texts()
    assert menus == ["Wstaw", "Widok", "Format", "Tabela", "Narzędzia", "Pola"]
    page.locator(".tox-menubar button", has_text="Pola").click()
    page.locator(".tox-menu [role^=menuitem]", has_text="{contract_number}").click()
    assert page.evaluate(CONTENT) == "<p>{contract_number}</p>"
