"""A client without a log-in: withdraws, sees it, gives again, and confirms from the mailbox."""

import re
from email import message_from_bytes, policy

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy.orm import Session

from jobs.deliver import deliver
from models.mail_account import MailSecurity
from tests import consent_scene as scene
from tests import factories as make
from tests.browser.conftest import PHONE, UnderWay, Watched
from tests.conftest import SharedPanel
from tests.consent_scene import Scene
from tests.smtp_peers import smtp_peer


@pytest.fixture
def there(stored: Session, address: str) -> Scene:
    """The client agrees to marketing mail, too."""
    made = scene.make_scene(stored)
    make.grant(stored, made.client, made.by_mail)
    stored.commit()
    return made


def mail_of(stored: Session, panel: SharedPanel) -> str:
    """The one letter that waits, delivered to a mail server; its plain text."""
    letter, account = scene.the_letter(stored), make.default_account(stored)
    with smtp_peer() as peer:
        account.uses_settings, account.security = False, MailSecurity.NONE
        account.host, account.port = "127.0.0.1", peer.port
        stored.commit()
        with panel.app.app_context():
            assert deliver(account.id, None, letter.id, letter.id) == 1
    [conversation] = peer.conversations
    assert f"<{scene.ADDRESS}>".encode() in b"".join(conversation.commands)
    body = message_from_bytes(conversation.messages[0], policy=policy.default).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_a_consent_is_withdrawn_given_again_and_confirmed(
    chromium: Browser,
    address: str,
    stored: Session,
    there: Scene,
    shared_panel: SharedPanel,
    _under_way: UnderWay,
) -> None:
    context = chromium.new_context(base_url=address, locale="pl-PL", viewport=PHONE)  # type: ignore[arg-type]
    watched = Watched()
    page = watched.watch(context.new_page())
    page.goto(scene.page_of(stored, there.client.id))
    consent = page.get_by_role("region", name=there.by_mail.name)
    expect(consent).to_contain_text("Udzielona")
    consent.get_by_role("button", name="Wycofuję tę zgodę").click()
    expect(page.get_by_role("status")).to_contain_text("Zgoda została wycofana")
    expect(consent).to_contain_text("Wycofana")
    assert scene.granted(stored, there.client.id, there.by_mail) is False

    consent.get_by_role("button", name="Wyrażam tę zgodę").click()
    expect(page.get_by_role("status")).to_contain_text("a…@poczta.example")
    expect(consent).to_contain_text("Czeka na potwierdzenie")
    stored.rollback()
    link = re.search(r"/confirm/[\w-]+", mail_of(stored, shared_panel))
    assert link
    page.goto(link[0])
    page.get_by_role("button", name="Wyrażam tę zgodę").click()
    expect(page.locator("h1")).to_have_text("Zgoda potwierdzona")
    stored.rollback()
    assert scene.granted(stored, there.client.id, there.by_mail) is True
    page.goto(scene.page_of(stored, there.client.id))
    expect(consent).to_contain_text("Udzielona")
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    context.close()
    _under_way.settle()
    assert watched.complaints == []
