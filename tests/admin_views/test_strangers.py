"""What a stranger may throw at the routes that are open to everybody: an answer, never an error of ours."""

import json
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from extensions.login import PUBLIC
from models import db
from tests.admin_views.conftest import Visitor
from tests.admin_views.test_security import address_of
from tests.password import PASSWORD

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
DEEP = b"[" * 60_000
BODIES = {
    "deep": (JSON, b"[" * 1500),
    "deeper": (JSON, DEEP),
    "deep, under another name": ("application/vnd.api+json", DEEP),
    "deep objects": (JSON, b'{"a":' * 9000),
    "many digits": (JSON, b"9" * 5000),
    "30 MB": (JSON, b"[" + b"0," * (15 * 2**20) + b"0]"),
    "30 MB of form": (FORM, b"a=" + b"b" * (30 * 2**20)),
    "1 MB of file": (
        MULTIPART,
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
        + b"b" * 2**20
        + b"\r\n--x--",
    ),
    "a list": (JSON, b"[1]"),
    "a number": (JSON, b"1"),
    "nothing": (JSON, b""),
    "no text": (JSON, b"\xff\xfe"),
    "a lone surrogate": (JSON, b'{"email": "\\ud800", "password": ["x"], "next": {"a": 1}}'),
    "no form": (FORM, b"%ff%00=%&;=;\xff"),
    "no parts": (MULTIPART, b"--x\r\n"),
    "no boundary": ("multipart/form-data", b"x"),
    "no type": ("", b"x"),
    "nonsense for a type": ("a/b; charset=\xff;;", b"x"),
}


@pytest.mark.parametrize("body", BODIES)
def test_a_stranger_gets_an_answer_from_every_public_route(panel: Flask, body: str) -> None:
    kind, data = BODIES[body]
    stranger = Visitor(panel)
    headers = {"X-CSRFToken": stranger.token()}
    endpoints = set(panel.extensions[PUBLIC])
    rules = [rule for rule in panel.url_map.iter_rules() if rule.endpoint in endpoints]
    codes = {
        (rule.endpoint, method): stranger.browser.open(
            address_of(panel, rule), method=method, data=data, content_type=kind, headers=headers
        ).status_code
        for rule in rules
        for method in ("GET", "POST", "PUT")
    }
    assert {endpoint for endpoint, _method in codes} == endpoints
    assert not {route: code for route, code in codes.items() if code >= 500}


def test_what_no_route_asked_for_is_answered_too(panel: Flask) -> None:
    for path in ("/admin/nowhere", "/nowhere", "/admin/client/new/"):
        for kind, data in BODIES.values():
            assert Visitor(panel).browser.post(path, data=data, content_type=kind).status_code < 500


def _log_in(panel: Flask, path: str, **sent: object) -> TestResponse:
    stranger = Visitor(panel)
    headers = {"X-CSRFToken": stranger.token(), "Accept": JSON}
    return stranger.browser.post(path, headers=headers, **sent)  # type: ignore[arg-type]


PERSON = {"email": "viewer@goniec.example", "password": PASSWORD}


def test_the_log_in_gives_no_token_away(panel: Flask) -> None:
    answer = _log_in(panel, "/admin/login?include_auth_token", data=PERSON)
    assert "authentication_token" not in answer.text and answer.status_code == 302


def test_the_log_in_reads_forms_alone(panel: Flask) -> None:
    answer = _log_in(panel, "/admin/login?include_auth_token", data=json.dumps(PERSON), content_type=JSON)
    assert "authentication_token" not in answer.text and answer.status_code == 415


def test_no_token_stands_in_for_a_session(panel: Flask) -> None:
    with panel.test_request_context():
        user = panel.extensions["security"].datastore.find_user(email=PERSON["email"])
        token = user.get_auth_token()
    answer = panel.test_client().get(
        "/admin/", headers={"Authentication-Token": token, "Accept": "text/html"}
    )
    assert answer.status_code == 302


@pytest.fixture
def broken(panel: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The panel in service, whose database answers nothing."""

    def fail(*_arguments: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setitem(panel.config, "PROPAGATE_EXCEPTIONS", False)
    with panel.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", fail)
    yield panel
    sa.event.remove(engine, "before_cursor_execute", fail)


@pytest.mark.parametrize("headers", [{}, {"X-Requested-With": "fetch"}])
@pytest.mark.parametrize(
    ("path", "language", "words"),
    [
        ("/admin/client/", "en", "Something went wrong on our side."),
        ("/admin/client/", "pl", "Coś poszło nie tak po naszej stronie."),
        ("/admin/nowhere", "en", "Something went wrong on our side."),
        ("/u/x", "", "Coś poszło nie tak po naszej stronie."),
    ],
)
def test_the_page_of_an_error_is_there_when_the_database_is_not(
    person: Visitor, broken: Flask, headers: dict[str, str], path: str, language: str, words: str
) -> None:
    person.browser.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    answer = person.browser.get(path, headers=headers)
    assert answer.status_code == 500
    assert words in answer.text


@pytest.fixture
def person(panel: Flask) -> Visitor:
    return Visitor(panel, PERSON["email"])
