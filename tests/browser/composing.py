"""Opening the composer and writing in it, as a person does."""

from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from domain.channel import Channel
from models.investment import Investment
from models.message_template import MessageTemplate
from tests import factories as make

READY = "form[data-ready=yes]"


def make_audience(stored: Session) -> Investment:
    """An investment: three clients who may be written to, one without an address, one without a consent."""
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
