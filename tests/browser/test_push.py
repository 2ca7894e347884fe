"""Notifications in the browser: from the permission to a notification that leads to its conversation.

Chromium without a display has no push service behind it. So three things are stood in for: what
`PushManager.subscribe` gives (a browser's of `sandbox.push_service`), the way from the service to the browser
(DevTools deliver what the stand-in opened), and the click. The permission, the service worker and what is
shown are the browser's own.
"""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, Playwright, expect
from sqlalchemy.orm import Session

from extensions.wiring import Wiring
from jobs.push import push
from models.push_notice import PushNotice
from models.push_subscription import PushSubscription
from sandbox.push_service import SandboxPushService
from services.tell_browsers import tell_browsers
from tests import two_way_scene as scene
from tests.browser.conftest import launched
from tests.browser.test_main_job import OpenPage
from tests.conftest import SharedPanel

SUBSCRIBES = """
  const given = { endpoint: %(endpoint)s, toJSON: () => ({ endpoint: %(endpoint)s, keys: %(keys)s }),
    unsubscribe: async () => sessionStorage.removeItem("subscribed") };
  PushManager.prototype.getSubscription = async () => sessionStorage.getItem("subscribed") ? given : null;
  PushManager.prototype.subscribe = async (options) => {
    if (!options.userVisibleOnly || options.applicationServerKey.length !== 65) throw new Error("no");
    sessionStorage.setItem("subscribed", "yes");
    return given;
  };
"""
SHOWN = """async () => {
  const registration = await navigator.serviceWorker.ready;
  const shown = await registration.getNotifications();
  return shown.map(({ title, tag, data }) => ({ title, tag, url: data.url }));
}"""
CLICKS = """async () => {
  const [notification] = await self.registration.getNotifications();
  const opened = [];
  self.clients.openWindow = async (url) => { opened.push(url); };
  const click = new NotificationEvent("notificationclick", { notification });
  self.dispatchEvent(click);
  for (let wait = 0; !opened.length && wait < 50; wait += 1) await new Promise((end) => setTimeout(end, 20));
  return opened;
}"""


@pytest.fixture(scope="module")
def chromium(driver: Playwright) -> Iterator[Browser]:
    """With a window, though nobody sees it: the one without denies notifications whoever allows them."""
    with launched(driver, "chromium") as browser:
        yield browser


@pytest.fixture
def service(address: str, shared_panel: SharedPanel) -> Iterator[SandboxPushService]:
    """The push service that the panel may reach."""
    app = shared_panel.app
    hands: Wiring = app.extensions["goniec"]
    with app.app_context():
        key = hands.web_push(Session(sa.create_engine(shared_panel.database_url))).public_key
    with SandboxPushService(key) as running:
        app.extensions["goniec"] = replace(hands, push_sandbox_url=running.url)
        yield running
        app.extensions["goniec"] = hands


def deliver(page: Page, address: str, told: dict[str, str]) -> None:
    """What the browser's own push service would hand it."""
    tools = page.context.new_cdp_session(page)
    registrations: list[dict[str, str]] = []
    tools.on(
        "ServiceWorker.workerRegistrationUpdated", lambda event: registrations.extend(event["registrations"])
    )
    tools.send("ServiceWorker.enable")
    page.wait_for_function("() => navigator.serviceWorker.ready.then(() => true)")
    [number] = {each["registrationId"] for each in registrations}
    tools.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": address, "registrationId": number, "data": json.dumps(told)},
    )


def test_a_new_message_shows_in_a_browser_that_was_switched_on(
    open_page: OpenPage, address: str, service: SandboxPushService, stored: Session, shared_panel: SharedPanel
) -> None:
    conversation = scene.waiting(stored)
    browser = service.subscribe()
    page = open_page(at="/admin/")
    page.add_init_script(
        SUBSCRIBES % {"endpoint": json.dumps(browser.endpoint), "keys": json.dumps(browser.keys)}
    )
    page.get_by_label("Your account").click()
    page.get_by_role("link", name="Notifications in the browser").click()
    expect(page.get_by_text("Notifications are switched off")).to_be_visible()
    page.get_by_role("button", name="Allow notifications").click()
    page.context.grant_permissions(["notifications"], origin=address)
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_text("This browser will be told of new messages.")).to_be_visible()
    expect(page.get_by_text("this one")).to_be_visible()
    expect(page.get_by_role("button", name="Switch off")).to_be_visible()

    with shared_panel.app.app_context():
        tell_browsers(stored, conversation.id, conversation.created_at)
        stored.commit()
        assert push() == 1
    assert service.refused == []
    [told] = browser.told
    deliver(page, address, told)
    where = f"{address}/admin/conversation/details/?id={conversation.id}"
    page.wait_for_function(f"({SHOWN})().then((shown) => shown.length === 1)")
    [shown] = page.evaluate(SHOWN)
    assert shown == {"title": "Nowa wiadomość", "tag": told["tag"], "url": where}
    [worker] = page.context.service_workers
    assert worker.evaluate(CLICKS) == [where]
    page.goto(where)
    expect(page.get_by_text("Kiedy odbiór?")).to_be_visible()

    page.goto("/admin/browser_push/")
    page.get_by_role("button", name="Switch off").click()
    expect(page.get_by_text("This browser is no longer told.")).to_be_visible()
    expect(page.get_by_role("button", name="Switch on")).to_be_visible()
    stored.expire_all()
    assert (
        stored.scalars(sa.select(PushSubscription)).all() == stored.scalars(sa.select(PushNotice)).all() == []
    )
