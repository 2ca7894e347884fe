"""A client writes from a telephone: the counter says so by itself, somebody answers, the telephone has it."""

import http.client
from collections.abc import Iterator
from urllib.parse import urlencode, urlsplit

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect
from sqlalchemy.orm import Session

from domain.delivery import Status
from jobs.deliver_sms import deliver_sms
from jobs.sms_routes import close_gateways
from models.canned_answer import CannedAnswer
from models.message import Direction, Message
from models.sms_gateway import GatewayKind, SmsGateway
from sandbox import phones as sandbox
from sandbox.phones import SandboxPhones
from tests import two_way_scene as scene
from tests.browser.test_main_job import OpenPage
from tests.conftest import SharedPanel
from tests.service_desk import NUMBER

SECRET = "t" * 40


@pytest.fixture
def phones(address: str) -> Iterator[SandboxPhones]:
    """Telephones whose texts reach the panel."""
    with SandboxPhones(mo_url=f"{address}/sms/{SECRET}/incoming", report_after=None) as running:
        yield running


@pytest.fixture
def account_id(stored: Session, phones: SandboxPhones) -> int:
    """Of the account whose texts go to the telephones and can be answered; a client has one of them."""
    account = scene.two_way(stored)
    stored.execute(sa.delete(SmsGateway))
    stored.add(
        SmsGateway(
            name="Telefony",
            kind=GatewayKind.SMSAPI,
            address=phones.url,
            password=sandbox.TOKEN,
            callback_secret=SECRET,
        )
    )
    stored.add(CannedAnswer(name="Godziny", body="Zapraszamy od 9 do 17."))
    scene.make_writer(stored)
    stored.commit()
    return account.id


def write_from(phones: SandboxPhones, number: str, text: str) -> None:
    """As the page of that telephone does."""
    connection = http.client.HTTPConnection(urlsplit(phones.url).netloc, timeout=10)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", f"/phones/{number.lstrip('+')}/answer", urlencode({"text": text}), headers)
    assert connection.getresponse().status < 400
    connection.close()


def test_a_text_is_noticed_read_and_answered(
    open_page: OpenPage,
    phones: SandboxPhones,
    account_id: int,
    stored: Session,
    shared_panel: SharedPanel,
) -> None:
    page = open_page(at="/admin/")
    counter = page.locator("[data-inbox-count]")
    expect(counter).to_be_hidden()
    write_from(phones, NUMBER, "Kiedy otwarte?")
    expect(counter).to_have_text("1", timeout=15_000)
    page.locator("[data-inbox]").click()
    page.get_by_role("link", name="Anna Nowak").click()
    expect(page.locator("[data-thread]")).to_contain_text("Kiedy otwarte?")
    expect(counter).to_be_hidden()

    page.get_by_text("Canned answers").last.click()
    page.get_by_role("button", name="Godziny").click()
    expect(page.locator("[data-sms-parts]")).to_have_text("1 SMS part")
    expect(page.locator("[data-sms-price]")).to_contain_text("0.15")
    write_from(phones, NUMBER, "Halo?")
    expect(page.locator("[data-thread]")).to_contain_text("Halo?", timeout=15_000)
    expect(page.get_by_label("Content of the message")).to_have_value("Zapraszamy od 9 do 17.")
    page.get_by_role("button", name="Send the answer").dblclick()
    expect(page.locator("[data-thread]")).to_contain_text("Queued")
    sent = stored.scalars(sa.select(Message).where(Message.direction == Direction.OUTGOING)).all()
    assert [(one.body_text, one.status) for one in sent] == [("Zapraszamy od 9 do 17.", Status.QUEUED)]
    with shared_panel.app.app_context():
        assert deliver_sms(account_id, None, sent[0].id, sent[0].id) == 1
        close_gateways()
    expect(page.locator("[data-thread]")).to_contain_text("Sent", timeout=15_000)
    expect(page.locator("[data-thread]")).to_contain_text("0.15")
    received = [text for text in phones.exchange.texts(NUMBER.lstrip("+")) if not text.incoming]
    assert [text.text for text in received] == ["Zapraszamy od 9 do 17."]
