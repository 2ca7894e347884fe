"""A real Chromium in front of the real panel. Without one the tests skip; with GONIEC_CI=1 they fail."""

import logging
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from models.user import Role, User
from services.manage_users import hash_password
from tests.conftest import build_app, dispose

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
EMAIL, PASSWORD = "administrator@goniec.example", "a sentence nobody guesses"
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}
VENDOR = Path(__file__).resolve().parents[2] / "static" / "vendor" / "bootstrap-icons"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)


def _missing() -> str:
    if shutil.which("chromium") is None:
        return "there is no Chromium here: apt-get install chromium"
    return "" if VENDOR.exists() else "the web assets are not built: make setup"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    reason = _missing()
    if reason and os.environ.get("GONIEC_CI") == "1":
        pytest.fail(reason)
    if reason:
        print(f"browser tests skipped: {reason}")
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def stored(sqlite_url: str) -> Iterator[Session]:
    """The database behind the panel; commit before the browser looks."""
    engine = sa.create_engine(sqlite_url)
    with Session(engine) as session:
        yield session
    engine.dispose()


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The application on a free port of this machine."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def address(environment: dict[str, str], sqlite_url: str, stored: Session) -> Iterator[str]:
    """Where the panel is served; its one user is an administrator."""
    role = stored.scalars(sa.select(Role).where(Role.name == "administrator")).one()
    stored.add(
        User(email=EMAIL, name="Ada", fs_uniquifier="ada", password=hash_password(PASSWORD), roles=[role])
    )
    stored.commit()
    app = build_app({**environment, "DATABASE_URL": sqlite_url}, panel=True)
    with serving(app) as url:
        yield url
    with app.app_context():
        dispose(app)


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


@pytest.fixture
def open_page(chromium: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Open a logged-in page, ``open_page(PHONE, color_scheme="dark")``.

    A script error or a violation of the policy on any page of it fails the test.
    """
    watched = Watched()
    contexts: list[BrowserContext] = []

    def make(viewport: dict[str, int] = DESK, *, locale: str = "en-GB", color_scheme: str = "light") -> Page:
        context = chromium.new_context(
            base_url=address,
            viewport=viewport,
            locale=locale,
            color_scheme=color_scheme,  # type: ignore[arg-type]
        )
        contexts.append(context)
        page = watched.watch(context.new_page())
        page.goto("/admin/login")
        page.fill("[name=email]", EMAIL)
        page.fill("[name=password]", PASSWORD)
        page.click("button[name=submit]")
        page.wait_for_url("**/admin/")
        return page

    yield make
    for context in contexts:
        context.close()
    assert watched.complaints == []


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """A logged-in page on a desk-sized screen, in English."""
    return open_page()
