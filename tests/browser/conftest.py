"""A real Chromium in front of the real panel. Without one the tests skip; with GONIEC_CI=1 they fail."""

import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright._impl._api_structures import SetCookieParam
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from models.user import Role, User
from tests.conftest import SharedPanel
from tests.password import PASSWORD, password_hash

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
STORED_BY_PAGES = "local_storage,indexeddb,service_workers,cache_storage"
EMAIL = "administrator@goniec.example"
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}
VENDOR = Path(__file__).resolve().parents[2] / "static" / "vendor" / "bootstrap-icons"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def driver() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(driver: Playwright) -> Iterator[Browser]:
    with launched(driver, "chromium-headless-shell", "chromium") as browser:
        yield browser


@contextmanager
def launched(driver: Playwright, *names: str) -> Iterator[Browser]:
    """The first of these programs that is installed; the one without a window does half the work."""
    found = next(filter(None, map(shutil.which, names)), None)
    reason = "" if found else f"there is no Chromium here: apt-get install {names[0]}"
    if not VENDOR.exists():
        reason = "the web assets are not built: make setup"
    if reason and os.environ.get("GONIEC_CI") == "1":
        pytest.fail(reason)
    if reason:
        print(f"browser tests skipped: {reason}")
        pytest.skip(reason)
    browser = driver.chromium.launch(executable_path=found, args=list(FLAGS))
    yield browser
    browser.close()


@pytest.fixture
def sqlite_url(shared_panel: SharedPanel) -> str:
    return shared_panel.database_url


@pytest.fixture
def environment(shared_panel: SharedPanel, redis_url: str) -> dict[str, str]:
    return shared_panel.environment(redis_url)


@pytest.fixture
def stored(sqlite_url: str) -> Iterator[Session]:
    """The database behind the panel; commit before the browser looks."""
    engine = sa.create_engine(sqlite_url)
    with Session(engine) as session:
        yield session
    engine.dispose()


class Answer:
    """What a request is answered with; it has ended when all of it was taken, or when it was closed.

    werkzeug's server closes no answer to a browser that has gone: looking for the rest of the request raises.
    """

    def __init__(self, parts: Any, ended: Callable[[], None]) -> None:
        self._parts = parts
        self._ended = ended

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._parts
        finally:
            self._ended()

    def close(self) -> None:
        try:
            if hasattr(self._parts, "close"):
                self._parts.close()
        finally:
            self._ended()


class UnderWay:
    """How many requests the server is answering: a page that was closed may have left one behind."""

    QUIET_LOOKS = 5

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._requests: set[int] = set()

    def __call__(self, environ: Any, start_response: Any) -> Any:
        self._requests.add(id(environ))
        try:
            return Answer(self._app(environ, start_response), lambda: self._end(environ))
        except BaseException:
            self._end(environ)
            raise

    def _end(self, environ: Any) -> None:
        self._requests.discard(id(environ))

    def settle(self) -> None:
        """Wait until none was under way for a moment: the next test replaces the database's file."""
        quiet, deadline = 0, time.monotonic() + 10
        while quiet < self.QUIET_LOOKS and time.monotonic() < deadline:
            quiet = 0 if self._requests else quiet + 1
            time.sleep(0.01)
        self._requests.clear()  # one that never ended is waited for once, not after every later test


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The application on a free port of this machine."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    # CPython 3.11 fails a thread that starts tracing while another one does, and the request dies unanswered.
    threading.settrace(None)  # type: ignore[arg-type]
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="session")
def _under_way(_one_panel: SharedPanel) -> UnderWay:
    return UnderWay(_one_panel.app)


@pytest.fixture(scope="session")
def _served(_under_way: UnderWay) -> Iterator[str]:
    with serving(_under_way) as url:
        yield url


@pytest.fixture
def address(shared_panel: SharedPanel, stored: Session, _served: str) -> str:
    """Where the panel is served; its one user is an administrator."""
    role = stored.scalars(sa.select(Role).where(Role.name == "administrator")).one()
    stored.add(User(email=EMAIL, name="Ada", fs_uniquifier="ada", password=password_hash(), roles=[role]))
    stored.commit()
    return _served


@dataclass
class Watched:
    """What a page complained about while a test used it."""

    complaints: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> Page:
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self._note(message.type, message.text))
        return page

    def _note(self, kind: str, text: str) -> None:
        if kind == "error" and "Failed to load resource" not in text:
            self.complaints.append(text)


def log_in(page: Page) -> None:
    page.fill("[name=email]", EMAIL)
    page.fill("[name=password]", PASSWORD)
    page.click("button[name=submit]")


@pytest.fixture(scope="session")
def session_cookies() -> list[SetCookieParam]:
    """Of the first log-in: valid for the same user in every test's database."""
    return []


class Contexts:
    """Used again by later tests, emptied but for the files that never change: reading those takes longest."""

    def __init__(self) -> None:
        self._idle: dict[tuple[Any, ...], list[BrowserContext]] = {}
        self._keys: dict[BrowserContext, tuple[Any, ...]] = {}

    def page(self, browser: Browser, address: str, viewport: dict[str, int], **look: str) -> Page:
        key = (browser, address, *look.items())
        idle = self._idle.setdefault(key, [])
        context = idle.pop() if idle else browser.new_context(base_url=address, **look)  # type: ignore[arg-type]
        self._keys[context] = key
        page = context.new_page()
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        tools = context.new_cdp_session(page)
        tools.send("Storage.clearDataForOrigin", {"origin": address, "storageTypes": STORED_BY_PAGES})
        tools.detach()
        return page

    def take_back(self, context: BrowserContext) -> None:
        for page in context.pages:
            page.close()
        context.clear_cookies()
        context.clear_permissions()
        self._idle[self._keys[context]].append(context)


@pytest.fixture(scope="session")
def contexts() -> Contexts:
    return Contexts()


@pytest.fixture
def open_page(
    chromium: Browser,
    contexts: Contexts,
    address: str,
    session_cookies: list[SetCookieParam],
    _under_way: UnderWay,
) -> Iterator[Callable[..., Page]]:
    """Open a page, somebody logged in: ``open_page(PHONE, at="/admin/client/")``; without ``at`` any page.

    A script error or a violation of the policy on any page of it fails the test.
    """
    watched = Watched()
    used: list[BrowserContext] = []

    def make(
        viewport: dict[str, int] = DESK, *, at: str = "", locale: str = "en-GB", color_scheme: str = "light"
    ) -> Page:
        page = watched.watch(
            contexts.page(chromium, address, viewport, locale=locale, color_scheme=color_scheme)
        )
        context = page.context
        used.append(context)
        context.add_cookies(session_cookies)
        if not session_cookies:
            page.goto("/admin/")
            log_in(page)
            page.wait_for_url("**/admin/")
            session_cookies.extend(context.cookies())  # type: ignore[arg-type]
        if at:
            page.goto(at)
        return page

    yield make
    for context in used:
        contexts.take_back(context)
    _under_way.settle()
    assert watched.complaints == []


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """A logged-in page on a desk-sized screen, in English."""
    return open_page()
