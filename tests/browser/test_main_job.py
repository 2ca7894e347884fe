"""The main job in a real browser, with a real worker and a real mail server."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from models.investment import Investment
from models.message import Message
from tests.browser.composing import READY, compose, make_audience, saved, write
from tests.browser.conftest import PHONE
from tests.sandbox.test_mail_sink import Sink, sink_process

ROOT = Path(__file__).resolve().parents[2]
OpenPage = Callable[..., Page]


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
    return make_audience(stored)


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
