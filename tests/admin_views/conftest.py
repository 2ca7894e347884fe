"""The panel as a browser without scripts sees it: one logged-in client per role, CSRF tokens and all.

The application is not pytest-flask's `app`: that fixture keeps one context open for the whole test, and
everything a request remembers for itself (who is logged in, the nonce) would leak into the next request.
"""

import re
from collections.abc import Callable, Iterator
from html import unescape

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models.user import Role, User
from tests.conftest import SharedPanel
from tests.password import PASSWORD, password_hash

ROLES = ("administrator", "operator", "accountant", "viewer")
_TOKEN = re.compile(r'<meta name="csrf-token" content="([^"]+)"')
_FLASH = re.compile(r"data-flash.*?<span>(.*?)</span>", re.DOTALL)


class Visitor:
    """A browser of one person (of a stranger without ``email``), in English unless told otherwise."""

    def __init__(self, app: Flask, email: str = "", language: str = "en") -> None:
        self._token = ""
        self.browser: FlaskClient = app.test_client()
        self.browser.environ_base.update(HTTP_ACCEPT_LANGUAGE=language, HTTP_ACCEPT="text/html")
        if email:
            answer = self.post("/admin/login", email=email, password=PASSWORD)
            assert answer.status_code == 302, answer.text
            self._token = ""

    def get(self, path: str, **arguments: str) -> TestResponse:
        return self.browser.get(path, query_string=arguments or None)

    def token(self) -> str:
        """What a form of this session carries; asked for once."""
        self._token = self._token or self._token_of_a_page()
        return self._token

    def _token_of_a_page(self) -> str:
        page = self.browser.get("/admin/password")
        if page.status_code != 200:
            page = self.browser.get("/admin/login")
        found = _TOKEN.search(page.text)
        assert found, page.text
        return unescape(found[1])

    def post(self, path: str, **fields: str | list[str]) -> TestResponse:
        """Send a form with a valid token; the answer to it, not the page it leads to."""
        return self.browser.post(path, data={"csrf_token": self.token(), **fields})

    def sentences(self, path: str = "/admin/") -> list[str]:
        """What the panel flashes on the next page."""
        return [unescape(found) for found in _FLASH.findall(self.browser.get(path).text)]


@pytest.fixture
def sqlite_url(shared_panel: SharedPanel) -> str:
    return shared_panel.database_url


@pytest.fixture
def panel(shared_panel: SharedPanel, stored: Session) -> Flask:
    """The whole application with one user for each role; no context is open."""
    for role in stored.scalars(sa.select(Role)):
        email = f"{role.name}@goniec.example"
        user = User(
            email=email, name=role.name, fs_uniquifier=role.name, password=password_hash(), roles=[role]
        )
        stored.add(user)
    stored.commit()
    return shared_panel.app


@pytest.fixture
def stored(sqlite_url: str) -> Iterator[Session]:
    """The database behind the panel, by a session of its own, for a test to fill and to look into."""
    engine = sa.create_engine(sqlite_url)
    with Session(engine, expire_on_commit=True) as session:
        yield session
    engine.dispose()


_sessions: dict[str, str] = {}


@pytest.fixture
def visit(panel: Flask) -> Callable[[str], Visitor]:
    """Log in as somebody with a role; a session once begun is valid for every test's user of that role."""

    def visit(role: str) -> Visitor:
        if role not in _sessions:
            person = Visitor(panel, f"{role}@goniec.example")
            cookie = person.browser.get_cookie("goniec")
            assert cookie
            _sessions[role] = cookie.value
            return person
        person = Visitor(panel)
        person.browser.set_cookie("goniec", _sessions[role])
        return person

    return visit
