"""What the panel's shell does in a real browser."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from domain.delivery import CampaignStatus, Status
from models.campaign import Campaign
from models.client import Client
from models.investment import Contract, Investment
from models.message import Message
from models.user import User
from tests import factories as make
from tests.browser.conftest import DESK, PHONE

OpenPage = Callable[..., Page]
GRIDS = (
    "client", "membership", "investment", "contract", "message", "message_template", "consent",
    "consent_definition", "bounce", "suppression", "mail_account", "user", "audit", "payment", "invoice",
    "ledger_entry", "sms_price",
)  # fmt: skip
FORMS = (
    "client", "membership", "investment", "contract", "message_template", "consent_definition", "suppression",
    "mail_account", "user", "sms_price",
)  # fmt: skip
FILLED = (
    "client",
    "investment",
    "contract",
    "consent",
    "consent_definition",
    "suppression",
    "mail_account",
    "user",
)
PAGES = (
    "/admin/",
    "/admin/password",
    "/admin/payment/top-up/",
    "/admin/company/",
    *(f"/admin/{name}/" for name in GRIDS),
    *(f"/admin/{name}/new/" for name in FORMS),
    *(f"/admin/{name}/details/?id=1" for name in FILLED),
    "/admin/client/edit/?id=1",
    "/admin/nowhere",
)


@pytest.fixture
def company(stored: Session) -> Client:
    """Somebody with a long name behind a contract, with a consent and a blocked address."""
    name = "Budownictwo Konstantynopolitańczykowianeczka Spółka z ograniczoną odpowiedzialnością"
    definition = make.make_definition(stored)
    client = make.make_company(stored, name, city="Szczecin")
    make.give_address(
        stored, client, "bardzo.dlugi.adres.poczty.elektronicznej@przedsiebiorstwo-budowlane.example"
    )
    make.grant(stored, client, definition)
    make.make_contract(stored, make.make_investment(stored, "Osiedle"), client)
    make.block(stored, client.email_addresses[0].address)
    stored.commit()
    return client


@pytest.mark.parametrize(("viewport", "scheme"), [(PHONE, "dark"), (DESK, "light")])
def test_no_page_scrolls_sideways_or_breaks_its_policy(
    open_page: OpenPage, company: Client, viewport: dict[str, int], scheme: str
) -> None:
    page = open_page(viewport, color_scheme=scheme, locale="pl-PL")
    too_wide = []
    for path in PAGES:
        page.goto(path)
        root = "document.documentElement"
        if page.evaluate(f"{root}.scrollWidth > {root}.clientWidth"):
            too_wide.append(path)
    assert too_wide == []


@pytest.mark.parametrize("grid", ["client", "message"])
def test_what_can_be_done_to_a_row_is_in_sight_at_1280_pixels(
    page: Page, stored: Session, company: Client, grid: str
) -> None:
    campaign = make.make_campaign(stored, make.make_investment(stored, "Nowe"))
    campaign.subject = "Odbiór lokalu {unit}: umowa {contract_number}, prosimy o wybór terminu"
    make.make_message(stored, campaign=campaign, client=company, status=Status.UNCERTAIN)
    stored.commit()
    page.goto(f"/admin/{grid}/")
    page.locator(".table-scroll").evaluate("box => { box.scrollLeft = 0; }")
    button = page.locator("tbody tr").first.get_by_role("link", name="Open", exact=True)
    box, table = button.bounding_box(), page.locator(".table-scroll").bounding_box()
    assert box and table and box["x"] + box["width"] <= table["x"] + table["width"]
    button.click()
    page.wait_for_url(f"**/admin/{grid}/details/**")


def test_delete_asks_first(page: Page, stored: Session) -> None:
    make.make_investment(stored, "Osiedle")
    stored.commit()
    page.goto("/admin/investment/")
    page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Osiedle will be deleted. This cannot be undone.")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    assert stored.scalar(sa.select(sa.func.count(Investment.id))) == 1
    page.get_by_role("button", name="Delete").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("status")).to_contain_text("Record was successfully deleted.")
    assert stored.scalar(sa.select(sa.func.count(Investment.id))) == 0


def test_escape_is_no_consent_to_delete(page: Page, stored: Session) -> None:
    make.make_investment(stored, "Osiedle")
    stored.commit()
    page.goto("/admin/investment/details/?id=1")
    page.get_by_role("button", name="Delete").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert stored.scalar(sa.select(sa.func.count(Investment.id))) == 1


def test_a_stored_name_runs_no_script(page: Page, stored: Session) -> None:
    alerts: list[str] = []
    page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    attack = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    client = make.make_person(stored, attack, "Nowak")
    make.make_contract(stored, make.make_investment(stored, attack), client)
    stored.commit()
    for path in ("client/", "client/details/?id=1", "investment/", "contract/", "contract/edit/?id=1"):
        page.goto(f"/admin/{path}", wait_until="networkidle")
    assert alerts == []


def test_dark_mode_is_remembered_before_anything_is_painted(open_page: OpenPage) -> None:
    page = open_page(at="/admin/")
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.get_by_role("button", name="Light or dark").click()
    dark = page.evaluate(background)
    assert dark != light
    page.goto("/admin/client/", wait_until="commit")
    page.wait_for_selector("body")
    assert page.evaluate(background) == dark


def test_the_system_decides_until_somebody_chooses(open_page: OpenPage) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    pages = [open_page(at="/admin/", color_scheme=scheme) for scheme in ("light", "dark")]
    light, dark = (page.evaluate(background) for page in pages)
    assert light != dark


@pytest.mark.parametrize(
    ("locale", "heading"), [("pl-PL", "Pulpit"), ("en-GB", "Dashboard"), ("fr-FR", "Pulpit")]
)
def test_the_panel_is_polish_unless_the_browser_asks_for_english(
    open_page: OpenPage, locale: str, heading: str
) -> None:
    expect(open_page(at="/admin/", locale=locale).get_by_role("heading", level=1)).to_have_text(heading)


def test_the_language_is_switched_where_one_stands(page: Page) -> None:
    page.goto("/admin/investment/?search=osiedle")
    page.get_by_role("button", name="Polski").or_(page.get_by_title("Polski")).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Inwestycje")
    assert page.url.endswith("/admin/investment/?search=osiedle")


def test_a_filter_is_added_from_the_menu_and_taken_off_again(page: Page, stored: Session) -> None:
    make.make_person(stored, "Ala", "Nowak")
    make.make_company(stored, "Arkada")
    stored.commit()
    page.goto("/admin/client/")
    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("Show only records where").select_option(label="Kind")
    page.get_by_label("Kind", exact=True).select_option(label="Company")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator(".chip")).to_contain_text("Kind: Company")
    page.locator(".chip").click()
    expect(page.locator("tbody tr")).to_have_count(2)


def test_a_client_is_added_with_an_address_and_then_signs_a_contract(page: Page, stored: Session) -> None:
    make.make_investment(stored, "Osiedle")
    stored.commit()
    page.goto("/admin/client/new/")
    page.get_by_label("First name").fill("Żaneta")
    page.get_by_label("Last name").fill("Żółć")
    page.locator("#email_addresses").get_by_role("button", name="Add").click()
    page.get_by_label("Address", exact=False).first.fill("zaneta@poczta.example")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Record was successfully created.")
    page.goto("/admin/contract/new/")
    page.get_by_label("Number").fill("1/2026")
    page.get_by_role("combobox", name="Clients").press_sequentially("zolc")
    page.get_by_role("option", name="Żaneta Żółć").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Record was successfully created.")
    contract = stored.scalars(sa.select(Contract)).one()
    (party,) = contract.parties
    assert party.client.primary_email and party.client.primary_email.address == "zaneta@poczta.example"


def test_the_menu_opens_on_a_phone_and_closes_with_escape(open_page: OpenPage) -> None:
    page = open_page(PHONE, at="/admin/")
    link = page.get_by_role("link", name="Investments", exact=True)
    expect(link).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(link).to_be_visible()
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()


def test_the_keyboard_skips_to_the_content(page: Page) -> None:
    page.goto("/admin/client/")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()


def test_the_dashboard_leads_to_what_needs_a_person(page: Page, stored: Session) -> None:
    client = make.make_person(stored, email="anna@poczta.example")
    campaign = make.make_draft(stored, make.make_investment(stored))
    stored.flush()
    make.make_message(stored, campaign=campaign, client=client, status=Status.FAILED)
    stored.commit()
    page.goto("/admin/")
    page.get_by_role("link", name="Failed messages").click()
    expect(page.locator(".chip")).to_contain_text("Status: Failed")
    expect(page.locator("tbody tr")).to_have_count(1)


@pytest.fixture
def sending(stored: Session) -> Campaign:
    """A campaign of the person who is logged in, with one message still to go."""
    started = datetime.now(UTC) - timedelta(minutes=5)
    author = stored.scalar(sa.select(User.id))
    made = make.make_campaign(stored, make.make_investment(stored), started_at=started, approved_by_id=author)
    make.make_message(stored, campaign=made, status=Status.QUEUED, account_id=made.account_id)
    stored.commit()
    return made


def finish(stored: Session, campaign: Campaign) -> None:
    now = datetime.now(UTC)
    campaign.status, campaign.finished_at = CampaignStatus.FINISHED, now
    stored.execute(sa.update(Message).values(status=Status.SENT, sent_at=now))
    stored.commit()


def test_the_end_of_a_sending_is_told_to_whoever_watched_it_and_once(
    page: Page, stored: Session, sending: Campaign
) -> None:
    closing = page.locator("#closing")
    page.goto(f"/admin/campaign/details/?id={sending.id}", wait_until="networkidle")
    expect(closing).to_be_hidden()
    page.goto("/admin/client/")
    finish(stored, sending)
    page.goto(f"/admin/campaign/details/?id={sending.id}")
    expect(closing).to_be_visible()
    closing.get_by_role("button", name="Look at the report").click()
    page.reload(wait_until="networkidle")
    expect(closing).to_be_hidden()


def test_the_end_of_a_sending_is_no_news_to_whoever_did_not_wait_for_it(
    page: Page, stored: Session, sending: Campaign
) -> None:
    finish(stored, sending)
    page.goto(f"/admin/campaign/details/?id={sending.id}", wait_until="networkidle")
    expect(page.locator("[data-finished]")).not_to_be_empty()
    expect(page.locator("#closing")).to_be_hidden()


def test_the_end_of_a_sending_is_told_to_whoever_has_just_started_it(
    page: Page, stored: Session, sending: Campaign
) -> None:
    finish(stored, sending)
    page.goto(f"/admin/campaign/details/?id={sending.id}&started=1")
    expect(page.locator("#closing")).to_be_visible()


def test_the_way_from_an_uncertain_message_ends_at_the_decision(
    page: Page, stored: Session, sending: Campaign
) -> None:
    for number in range(12):
        client = make.make_person(stored, last_name=f"Nowak {number}")
        message = make.make_message(stored, campaign=sending, client=client, status=Status.UNCERTAIN)
        make.make_recipient(stored, sending, client, message, address="anna@poczta.example")
    stored.commit()
    page.goto("/admin/")
    page.get_by_role("link", name="Uncertain messages").click()
    page.get_by_role("link", name="Decide", exact=True).first.click()
    expect(page.get_by_role("button", name="Treat as sent", exact=True).first).to_be_in_viewport()
