"""An SMS from the investment to the approved campaign, in a real browser."""

import pytest
import sqlalchemy as sa
from playwright.sync_api import Locator, Page, expect
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.delivery import CampaignStatus
from models.campaign import Campaign
from models.client import PhoneNumber
from models.investment import Investment
from models.ledger import Hold
from models.message import Message
from models.message_template import MessageTemplate
from models.setting import Setting
from services.sms_settings import SMS
from tests import factories as make
from tests.browser.conftest import PHONE
from tests.browser.test_main_job import READY, OpenPage
from tests.sms_campaigns import make_texted, set_price
from tests.sms_scene import PRICE, make_rich


@pytest.fixture
def investment(stored: Session) -> Investment:
    """Two clients who may be texted, one without a number, one without a consent."""
    make_rich(stored).balance = 100_000
    set_price(stored)
    made = make.make_investment(stored, "Osiedle Test")
    definition = make.make_definition(stored, channel=Channel.SMS)
    clients = [
        make_texted(stored, definition, "600 100 200", first_name="Anna"),
        make_texted(stored, definition, "600 100 201", first_name="Jan", last_name="Lis"),
        make_texted(stored, definition, None, first_name="Ewa", last_name="Cicha"),
        make_texted(stored, None, "600 100 203", first_name="Piotr", last_name="Nowy"),
    ]
    for client in clients:
        make.make_contract(stored, made, client)
    stored.add_all(
        [
            MessageTemplate(
                name="Odbiór kluczy", channel=Channel.SMS, body="Odbiór kluczy {until}.", strip_letters=True
            ),
            MessageTemplate(name="List", channel=Channel.EMAIL, subject="x", body="<p>x</p>"),
            Setting(key=SMS, value={"footer": "Nadrzecze"}),
        ]
    )
    stored.commit()
    return made


def start(page: Page, investment: Investment) -> None:
    page.goto(f"/admin/investment/details/?id={investment.id}")
    page.locator('a[href$="/sms"]').click()
    page.wait_for_selector(READY)


def parts(page: Page) -> Locator:
    return page.locator("[data-sms-parts]")


def test_the_counter_follows_what_is_typed(open_page: OpenPage, investment: Investment) -> None:
    page = open_page(locale="pl-PL")
    start(page, investment)
    counter = page.locator("[data-sms-counter]")
    page.locator("[value=sale]").check()

    text = page.locator("#body")
    text.press_sequentially("Dzien dobry, ")
    expect(page.locator("[data-sms-characters]")).to_contain_text("22")
    page.locator(".sms-fields summary").click()
    page.locator(".sms-fields .popover-item", has_text="{first_name}").click()
    expect(text).to_have_value("Dzien dobry, {first_name}")
    expect(page.locator("[data-sms-bubble]")).to_have_text("Dzien dobry, Anna\nNadrzecze")
    expect(parts(page)).to_contain_text("1")
    expect(page.locator("[data-sms-price]")).to_contain_text("0,1599")
    expect(page.locator(".sms-chip")).to_have_count(0)

    text.press_sequentially(", zapraszamy po odbiór kluczy w najbliższą sobotę od dziesiątej rano")
    expect(parts(page)).to_contain_text("2")
    expect(page.locator("[data-sms-price]")).to_contain_text("0,3198")
    expect(counter.locator(".sms-chip-sign")).to_have_text(["ó", "ż", "ą", "ę"])
    expect(page.locator("[data-sms-bubble] mark")).to_have_count(5)
    expect(page.locator("[data-sms-plain]")).to_contain_text("0,1599")

    page.select_option("#strip_letters", "yes")
    expect(parts(page)).to_contain_text("1")
    expect(page.locator("[data-sms-bubble]")).to_contain_text("po odbior kluczy w najblizsza sobote")
    page.select_option("#strip_letters", "no")
    expect(parts(page)).to_contain_text("2")

    page.locator("#preview-client").fill("lis")
    page.locator("#preview-clients li", has_text="Jan Lis").click()
    expect(page.locator("[data-sms-bubble]")).to_contain_text("Dzien dobry, Jan,")


def test_a_text_goes_from_the_investment_to_an_approved_campaign(
    open_page: OpenPage, investment: Investment, stored: Session
) -> None:
    page = open_page(locale="pl-PL")
    start(page, investment)
    page.locator("[value=sale]").check()
    page.locator("#body").fill(
        "Dzień dobry, {first_name}, zapraszamy po odbiór kluczy w najbliższą sobotę rano"
    )
    page.select_option("#strip_letters", "no")
    expect(parts(page)).to_contain_text("2")
    page.locator("[data-send]").click()
    report = page.locator("[data-report-form]")
    facts = report.locator("[data-quote-facts]")
    expect(facts).to_have_attribute("data-cost", str(4 * PRICE))
    send = report.locator("[data-report-send]")
    expect(send).to_be_disabled()

    kind = report.locator("[data-kind=missing_phone]")
    kind.locator(".error-kind-head").click()
    kind.locator("[data-fix-open]").click()
    kind.locator("[name=address]").fill("22 621 00 00")
    kind.locator("[data-fix-save]").click()
    expect(kind.locator("[data-error]")).to_be_visible()
    kind.locator("[name=address]").fill("600 100 202")
    kind.locator("[data-fix-save]").click()
    expect(facts).to_have_attribute("data-cost", str(6 * PRICE))

    report.locator("[data-skip]").check()
    send.click()
    page.wait_for_url("**/admin/campaign/details/**")
    expect(page.locator(".message-facts .bubble")).to_contain_text("zapraszamy po odbiór kluczy")
    expect(page.locator("[data-held]")).to_contain_text("0,9594")
    campaign = stored.scalars(sa.select(Campaign)).one()
    assert (campaign.status, campaign.strip_letters) == (CampaignStatus.SENDING, False)
    assert stored.scalar(sa.select(Hold.amount)) == 6 * PRICE
    assert stored.scalar(sa.select(sa.func.count(Message.id))) == 3
    assert stored.scalar(sa.select(PhoneNumber.number).where(PhoneNumber.number == "600 100 202"))


def test_a_template_brings_its_switch_and_asks_before_it_overwrites(
    open_page: OpenPage, investment: Investment
) -> None:
    page = open_page(locale="pl-PL")
    start(page, investment)
    assert page.locator("#template_id option").all_inner_texts()[1:] == ["Odbiór kluczy"]
    page.select_option("#template_id", label="Odbiór kluczy")
    expect(page.locator("#body")).to_have_value("Odbiór kluczy {until}.")
    expect(page.locator("#strip_letters")).to_have_value("yes")
    page.get_by_label("{until}").fill("w sobotę")
    expect(page.locator("[data-sms-bubble]")).to_have_text("Odbior kluczy w sobote.\nNadrzecze")

    page.locator("#body").fill("Własne słowa")
    page.select_option("#template_id", "")
    page.select_option("#template_id", label="Odbiór kluczy")
    page.locator("#confirm-dialog button[value=no]").click()
    expect(page.locator("#body")).to_have_value("Własne słowa")


def test_too_little_money_keeps_the_button_off(
    open_page: OpenPage, investment: Investment, stored: Session
) -> None:
    make_rich(stored).balance = PRICE
    stored.commit()
    page = open_page(locale="pl-PL")
    start(page, investment)
    page.locator("[value=sale]").check()
    page.locator("#body").fill("Zapraszamy")
    page.locator("[data-send]").click()
    report = page.locator("[data-report-form]")
    expect(report.locator(".quote .notice")).to_contain_text("0,3198")
    expect(report.locator(".quote a")).to_have_attribute("href", "/admin/payment/top-up/")
    report.locator("[data-skip]").check()
    expect(report.locator("[data-report-send]")).to_be_disabled()


def test_the_form_of_a_template_counts_an_sms(open_page: OpenPage, investment: Investment) -> None:
    page = open_page()
    page.goto("/admin/message_template/new/")
    page.wait_for_selector("form[data-ready=yes]")
    expect(page.locator("[data-sms-counter]")).to_be_hidden()
    page.select_option("[name=channel]", "sms")
    expect(page.locator("#subject")).to_be_hidden()
    page.fill("#name", "Odbiór")
    page.fill("#body", "Dzień dobry, {first_name}")
    expect(page.locator("[data-sms-bubble]")).to_have_text("Dzień dobry, Anna\nNadrzecze")
    page.select_option("#strip_letters", "yes")
    expect(page.locator("[data-sms-bubble]")).to_have_text("Dzien dobry, Anna\nNadrzecze")
    page.select_option("[name=channel]", "email")
    expect(page.locator("[data-sms-counter]")).to_be_hidden()
    page.select_option("[name=channel]", "sms")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/admin/message_template/**")
    expect(page.locator("body")).to_contain_text("Odbiór")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_scrolls_sideways_on_a_phone(
    open_page: OpenPage, investment: Investment, scheme: str
) -> None:
    page = open_page(PHONE, color_scheme=scheme, locale="pl-PL")
    too_wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    start(page, investment)
    page.locator("[value=sale]").check()
    page.locator("#body").fill("Zażółć gęślą jaźń, {first_name}! „Zapraszamy” – Nadrzecze… 🙂 " * 3)
    expect(page.locator(".sms-chip").first).to_be_visible()
    assert not page.evaluate(too_wide)
    page.locator("[data-send]").click()
    expect(page.locator("[data-quote-facts]")).to_be_visible()
    assert not page.evaluate(too_wide)
