"""Who gets in, and what each role may do."""

from collections.abc import Callable
from urllib.parse import unquote
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.routing import Rule, UUIDConverter

from extensions.login import PUBLIC
from models.investment import Investment
from models.user import User
from tests import factories as make
from tests.admin_views.conftest import ROLES, Visitor
from tests.conftest import build_app
from tests.password import PASSWORD

Visit = Callable[[str], Visitor]

PUBLIC_ENDPOINTS = {
    "static",
    "admin.static",
    "security.login",
    "security.logout",
    "language.switch",
    "root",
    "webhooks.unsubscribe",
    "webhooks.consents",
    "webhooks.confirm",
    "webhooks.healthz",
    "webhooks.logo",
    "webhooks.payment_news",
    "webhooks.sms_report",
    "webhooks.sms_incoming",
    "webhooks.api_fire",
    "webhooks.api_document",
}
"""What a stranger may reach; a new one is added here by somebody who thought about it."""


def address_of(app: Flask, rule: Rule) -> str:
    converters = rule._converters
    values: dict[str, object] = {
        name: next(iter(sorted(getattr(converters[name], "items", "1")))) for name in rule.arguments
    }
    values |= {name: uuid4() for name in rule.arguments if isinstance(converters[name], UUIDConverter)}
    with app.test_request_context():
        return str(app.url_for(rule.endpoint, **values))


def test_no_route_answers_a_stranger_unless_it_is_declared_public(panel: Flask) -> None:
    stranger = Visitor(panel)
    answered = set()
    for rule in panel.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = stranger.browser.open(
                address_of(panel, rule), method=method, headers={"X-CSRFToken": stranger.token()}
            )
            asked_in = "/admin/login?next=" in answer.headers.get("Location", "")
            if answer.status_code != 401 and not asked_in:
                answered.add(rule.endpoint)
    assert answered <= PUBLIC_ENDPOINTS
    assert set(panel.extensions[PUBLIC]) <= PUBLIC_ENDPOINTS


@pytest.mark.parametrize("token", ["", "left-over"])
def test_a_script_that_sends_after_the_session_ended_is_told_so_whatever_its_token(
    panel: Flask, token: str
) -> None:
    headers = {"X-CSRFToken": token, "X-Requested-With": "fetch"}
    answer = Visitor(panel).browser.post("/admin/campaign/send/1", json={}, headers=headers)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("before", "back"),
    [
        ("http://localhost/admin/client/edit/?id=7", "%2Fadmin%2Fclient%2Fedit%2F?id%3D7"),
        ("https://evil.example/admin/", "%2Fadmin%2F"),
        ("http://localhost//evil.example", "%2Fadmin%2F"),
        ("", "%2Fadmin%2F"),
    ],
)
def test_a_form_sent_after_the_session_ended_leads_to_the_log_in_and_back(
    panel: Flask, before: str, back: str
) -> None:
    stranger = Visitor(panel)
    answer = stranger.browser.post("/admin/client/edit/?id=7", data={}, headers={"Referer": before})
    assert answer.status_code == 302
    assert unquote(answer.headers["Location"]) == unquote(f"/admin/login?next={back}")
    assert stranger.sentences("/admin/login") == [
        "You have been logged out, so nothing was saved. Log in and send it again."
    ]


def test_every_public_route_says_why(panel: Flask) -> None:
    assert all(len(reason.split()) > 2 for reason in panel.extensions[PUBLIC].values())


def test_a_stranger_is_led_back_to_where_they_wanted_to_go(panel: Flask) -> None:
    stranger = Visitor(panel)
    asked = stranger.get("/admin/client/", search="nowak")
    assert asked.status_code == 302
    answer = stranger.browser.post(
        asked.headers["Location"],
        data={"csrf_token": stranger.token(), "email": "viewer@goniec.example", "password": PASSWORD},
    )
    assert answer.headers["Location"].endswith("/admin/client/?search=nowak")


MAY = {
    "/admin/": set(ROLES),
    "/admin/client/": set(ROLES),
    "/admin/client/export/csv/": set(ROLES),
    "/admin/client/new/": {"administrator", "operator"},
    "/admin/client/ajax/lookup/?name=x": {"administrator", "operator"},
    "/admin/contract/new/": {"administrator", "operator"},
    "/admin/message_template/new/": {"administrator", "operator"},
    "/admin/repair/": set(ROLES),
    "/admin/repair/new/": {"administrator", "operator"},
    "/admin/ticket/new/": {"administrator", "operator"},
    "/admin/consent_definition/": set(ROLES),
    "/admin/consent_definition/new/": {"administrator"},
    "/admin/suppression/": set(ROLES),
    "/admin/suppression/new/": {"administrator", "operator"},
    "/admin/user/": {"administrator"},
    "/admin/user/new/": {"administrator"},
    "/admin/mail_account/": {"administrator"},
    "/admin/audit/": {"administrator"},
}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_its_pages_and_no_others(visit: Visit, role: str) -> None:
    person = visit(role)
    opened = {path for path in MAY if person.get(path).status_code != 403}
    assert opened == {path for path, roles in MAY.items() if role in roles}


@pytest.mark.parametrize("role", ["accountant", "viewer"])
def test_a_reader_changes_nothing_even_by_hand(visit: Visit, stored: Session, role: str) -> None:
    investment = make.make_investment(stored, "Stara nazwa")
    stored.commit()
    person = visit(role)
    answers = [
        person.post(f"/admin/investment/edit/?id={investment.id}", name="Nowa nazwa"),
        person.post("/admin/investment/new/", name="Inna"),
        person.post("/admin/investment/delete/", id=str(investment.id)),
        person.post("/admin/client/consent/?id=1", definition="1"),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4
    assert list(stored.scalars(sa.select(Investment.name))) == ["Stara nazwa"]


def test_an_operator_cannot_lift_a_block(visit: Visit, stored: Session) -> None:
    blocked = make.block(stored, "anna@poczta.example")
    stored.commit()
    path = f"/admin/suppression/lift/?id={blocked.id}"
    assert visit("operator").post(path, note="proszę").status_code == 403
    assert visit("administrator").post(path, note="proszę").status_code == 302
    stored.refresh(blocked)
    assert blocked.lifted_at is not None


def test_a_form_without_its_token_is_refused(visit: Visit, stored: Session) -> None:
    answer = visit("administrator").browser.post("/admin/investment/new/", data={"name": "Bez żetonu"})
    assert answer.status_code == 400
    assert stored.scalar(sa.select(sa.func.count(Investment.id))) == 0


def test_a_token_of_another_session_is_refused(panel: Flask, visit: Visit, stored: Session) -> None:
    stolen = Visitor(panel).token()
    answer = visit("administrator").browser.post(
        "/admin/investment/new/", data={"name": "Cudzy żeton", "csrf_token": stolen}
    )
    assert answer.status_code == 400


def test_logging_out_takes_a_form_not_a_link(visit: Visit) -> None:
    person = visit("viewer")
    assert person.get("/admin/logout").status_code == 405
    assert person.get("/admin/").status_code == 200
    person.post("/admin/logout")
    assert person.get("/admin/").status_code == 302


def test_guessing_passwords_is_slowed_down(panel: Flask) -> None:
    stranger = Visitor(panel)
    fields = {"email": "administrator@goniec.example", "password": "wrong", "csrf_token": stranger.token()}
    codes = [stranger.browser.post("/admin/login", data=fields).status_code for _ in range(11)]
    assert codes == [200] * 10 + [429]


def test_logging_in_is_no_guessing(panel: Flask) -> None:
    stranger = Visitor(panel)
    fields = {"email": "administrator@goniec.example", "password": "wrong", "csrf_token": stranger.token()}
    for _ in range(9):
        assert stranger.browser.post("/admin/login", data=fields).status_code == 200
    for _ in range(21):  # more than either limit
        Visitor(panel, "administrator@goniec.example")
    codes = [stranger.browser.post("/admin/login", data=fields).status_code for _ in range(2)]
    assert codes == [200, 429]


@pytest.fixture
def lonely(environment: dict[str, str], sqlite_url: str, panel: Flask) -> Flask:
    """The panel when its queue server is lost."""
    without = {**environment, "REDIS_URL": "redis://127.0.0.1:1/0", "DATABASE_URL": sqlite_url}
    return build_app(without, panel=True)


def test_a_lost_queue_server_locks_nobody_out(lonely: Flask) -> None:
    for _ in range(21):
        assert Visitor(lonely, "viewer@goniec.example").get("/admin/").status_code == 200


def test_guessing_passwords_is_slowed_down_while_the_queue_server_is_lost(lonely: Flask) -> None:
    stranger = Visitor(lonely)
    fields = {"email": "administrator@goniec.example", "password": "wrong", "csrf_token": stranger.token()}
    codes = [stranger.browser.post("/admin/login", data=fields).status_code for _ in range(11)]
    assert codes == [200] * 10 + [429]


def test_a_wrong_password_does_not_say_whether_the_address_exists(panel: Flask) -> None:
    pages = []
    for email in ("administrator@goniec.example", "nobody@goniec.example"):
        stranger = Visitor(panel)
        fields = {"email": email, "password": "wrong wrong wrong", "csrf_token": stranger.token()}
        page = stranger.browser.post("/admin/login", data=fields).text
        pages.append("Authentication failed" in page)
    assert pages == [True, True]


def test_a_user_who_is_switched_off_is_out_at_once(visit: Visit, stored: Session) -> None:
    person = visit("operator")
    assert person.get("/admin/").status_code == 200
    stored.execute(sa.update(User).where(User.name == "operator").values(active=False))
    stored.commit()
    assert person.get("/admin/").status_code == 302


HEADERS = {"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}


@pytest.mark.parametrize("path", ["/admin/login", "/admin/", "/admin/client/", "/admin/nowhere"])
def test_every_page_carries_the_headers_and_a_fresh_nonce(visit: Visit, panel: Flask, path: str) -> None:
    person = visit("viewer") if path != "/admin/login" else Visitor(panel)
    first, second = person.get(path), person.get(path)
    assert {name: first.headers[name] for name in HEADERS} == HEADERS
    policy = first.headers["Content-Security-Policy"]
    assert "unsafe" not in policy and "script-src 'self' 'nonce-" in policy
    assert policy != second.headers["Content-Security-Policy"]


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(panel: Flask) -> None:
    cookie = Visitor(panel).get("/admin/login").headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie


@pytest.mark.parametrize(
    ("target", "lands"),
    [
        ("/admin/client/", "/admin/client/"),
        ("//evil.example/", "/admin/"),
        ("/admin/\\evil.example", "/admin/"),
    ],
)
def test_the_language_switch_leads_nowhere_else(visit: Visit, target: str, lands: str) -> None:
    answer = visit("viewer").post("/admin/language", language="pl", next=target)
    assert answer.headers["Location"] == lands


@pytest.mark.parametrize("email", ["viewer@goniec.example", "nobody@goniec.example"])
def test_a_monstrous_password_is_refused_like_any_other(panel: Flask, email: str) -> None:
    stranger = Visitor(panel)
    answer = stranger.post("/admin/login", email=email, password="x" * 5000)
    assert answer.status_code == 200
    assert stranger.get("/admin/").status_code == 302
