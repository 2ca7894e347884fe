"""The main job in a real browser, with a real worker and a real mail server."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from domain.channel import Channel
from models.campaign import Campaign
from models.investment import Investment
from models.message import Message
from models.message_template import MessageTemplate
from tests import factories as make
from tests.browser.conftest import PHONE, log_in
from tests.sandbox.test_mail_sink import Sink, sink_process

ROOT = Path(__file__).resolve().parents[2]
OpenPage = Callable[..., Page]
READY = "form[data-ready=yes]"
CONTENT = "hugerte.activeEditor.getContent()"


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    with sink_process(tmp_path / "mail") as running:
        yield running


@pytest.fixture
def environment(environment: dict[str, str], sink: Sink) -> dict[str, str]:
    return {**environment, "MAIL_PORT": str(sink.smtp_port), "SWEEP_INTERVAL": "1"}


@pytest.fixture
def worker(environment: dict[str, str], sqlite_url: str) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "worker.py"],
        cwd=ROOT,
        env={**os.environ, **environment, "DATABASE_URL": sqlite_url},
    )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(30)
        finally:
            process.kill()


@pytest.fixture
def investment(stored: Session) -> Investment:
    """Three clients who may be written to, one without an address, one without a consent."""
    made = make.make_investment(stored, "Osiedle Test")
    definition = make.make_definition(stored)
    for number in range(3):
        client = make.make_ready_client(stored, definition, f"klient{number}@poczta.example")
        make.make_contract(stored, made, client)
    nowhere = make.make_company(stored, "Arkada S.A.")
    make.grant(stored, nowhere, definition)
    silent = make.make_client(stored, email="cichy@poczta.example")
    make.make_contract(stored, made, nowhere)
    make.make_contract(stored, made, silent)
    stored.add(
        MessageTemplate(
            name="Informacja",
            channel=Channel.EMAIL,
            subject="Wieści: {investment_name}",
            body='<% if (client.kind === "company") { %><p>Szanowni Państwo,</p><% } else { %>'
            "<p>Dzień dobry, {first_name}!</p><% } %><p>Do {until}.</p>",
        )
    )
    stored.commit()
    return made


def compose(page: Page, investment: Investment) -> None:
    page.goto(f"/admin/campaign/start/investment/{investment.id}")
    page.wait_for_selector(READY)


def write(page: Page, html: str) -> None:
    page.evaluate(
        "html => { hugerte.activeEditor.setContent(html); hugerte.activeEditor.fire('change'); }", html
    )


def saved(page: Page) -> None:
    expect(page.locator("[data-save-state][data-tone=saved]")).to_be_visible()


def mailed(sink: Sink) -> list[str]:
    return sorted(address for message in sink.json("/api/messages") for address in message["recipients"])


# --- the whole of it ---


def test_a_message_goes_from_the_investment_to_its_clients(
    open_page: OpenPage, investment: Investment, stored: Session, sink: Sink, worker: None
) -> None:
    page = open_page(locale="pl-PL")
    page.goto(f"/admin/investment/details/?id={investment.id}")
    page.get_by_text("Wyślij wiadomość do klientów").click()
    page.wait_for_selector(READY)

    page.get_by_label("Szablon wiadomości").select_option(label="Informacja")
    expect(page.get_by_label("Tytuł wiadomości")).to_have_value("Wieści: {investment_name}")
    page.get_by_label("Umowa sprzedaży").check()
    page.get_by_label("{until}").fill("31 marca")
    page.set_input_files(
        "[data-files]", [{"name": "rzut.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"}]
    )
    expect(page.locator("[data-file][data-id]")).to_contain_text("rzut.pdf")
    expect(page.frame_locator("[data-preview-html]").locator("body")).to_contain_text("Dzień dobry, Anna!")

    page.get_by_role("button", name="Wyślij wiadomość").click()
    report = page.get_by_role("dialog", name="Raport wysyłki wiadomości")
    expect(report).to_contain_text("Nie można wysłać wiadomości do klientów")
    assert stored.scalar(sa.select(sa.func.count(Message.id))) == 0
    send = report.get_by_role("button", name="Wyślij")
    expect(send).to_be_disabled()

    kind = report.locator("[data-kind=missing_email]")
    expect(kind).to_contain_text("Ilość błędów: 1")
    kind.get_by_role("button", name="Brak wskazanego adresu e-mail").click()
    expect(kind).to_contain_text("Kontrahent: Arkada S.A.")
    kind.get_by_role("button", name="Wpisz adres").click()
    kind.locator("[name=address]").fill("arkada@")
    kind.locator("[data-fix-save]").click()
    expect(kind.locator("[data-error]")).to_contain_text("nie jest poprawnym adresem")
    kind.locator("[name=address]").fill("biuro@arkada.example")
    kind.locator("[data-fix-save]").click()
    expect(kind).to_contain_text("Ilość błędów: 0")
    expect(report.locator(".reach-number")).to_have_text("4")

    report.get_by_label("Pomiń wysyłkę do klientów z błędami").check()
    send.dblclick()
    closing = page.locator("#closing")
    expect(closing).to_contain_text("Wysyłka zakończona powodzeniem", timeout=30_000)
    closing.get_by_role("button", name="Zamknij").click()
    page.wait_for_url(f"**/admin/investment/details/?id={investment.id}")
    assert mailed(sink) == [
        "biuro@arkada.example",
        *(f"klient{number}@poczta.example" for number in range(3)),
    ]


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


# --- elsewhere ---


def test_ctrl_and_enter_lead_to_the_report(page: Page, investment: Investment) -> None:
    compose(page, investment)
    page.fill("#subject", "Tytuł")
    page.check("[value=sale]")
    write(page, "<p>Treść</p>")
    page.frame_locator(".tox-edit-area iframe").locator("body").press("Control+Enter")
    expect(page.locator("[data-report-form]")).to_be_visible()


def test_a_missing_title_is_told_at_its_field(page: Page, investment: Investment) -> None:
    compose(page, investment)
    page.check("[value=sale]")
    write(page, "<p>Treść</p>")
    page.get_by_role("button", name="Send the message").click()
    expect(page.locator("[data-field=subject] [data-error]")).to_have_text("Enter the title of the message.")


def test_everything_an_empty_message_lacks_is_told_at_once(page: Page, investment: Investment) -> None:
    compose(page, investment)
    page.get_by_role("button", name="Send the message").click()
    for field in ("subject", "contract_types", "body"):
        expect(page.locator(f"[data-field={field}] [data-error]")).to_be_visible()
    expect(page.locator("#preflight")).to_be_hidden()
    page.fill("#subject", "Tytuł")
    page.check("[value=sale]")
    write(page, "<p>Treść</p>")
    page.get_by_role("button", name="Send the message").click()
    expect(page.locator("[data-report-form]")).to_be_visible()


def test_a_small_file_is_not_of_no_size(page: Page, investment: Investment) -> None:
    compose(page, investment)
    page.set_input_files("[data-files]", [{"name": "a.txt", "mimeType": "text/plain", "buffer": b"12345"}])
    expect(page.locator("[data-file][data-id] .file-size")).to_have_text("5 B")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_scrolls_sideways_on_a_phone(
    open_page: OpenPage, investment: Investment, stored: Session, scheme: str
) -> None:
    page = open_page(PHONE, color_scheme=scheme, locale="pl-PL")
    too_wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    compose(page, investment)
    page.select_option("#template_id", label="Informacja")
    page.check("[value=sale]")
    page.get_by_label("{until}").fill("31 marca")
    saved(page)
    assert not page.evaluate(too_wide)
    page.get_by_role("button", name="Wyślij wiadomość").click()
    page.locator("[data-kind=no_email_consent] .error-kind-head").click()
    page.get_by_role("button", name="Zapisz zgodę").click()
    assert not page.evaluate(too_wide)
    page.get_by_label("Pomiń wysyłkę do klientów z błędami").check()
    page.locator("[data-report-send]").click()
    page.wait_for_url("**/admin/campaign/details/**")
    page.wait_for_selector("#recipients table")
    assert not page.evaluate(too_wide)
    page.goto("/admin/campaign/", wait_until="networkidle")
    assert not page.evaluate(too_wide)
