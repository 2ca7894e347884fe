"""Who is there, and what they may do: Flask-Security over our own User and Role.

Nothing answers a stranger: every request to an endpoint that was not declared public asks for a log-in.
"""

import hmac
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, flash, redirect, request, url_for
from flask_babel import gettext
from flask_login import current_user
from flask_security import ChangePasswordForm, LoginForm, Security, SQLAlchemyUserDatastore
from flask_security.core import UserMixin
from werkzeug.wrappers import Response as BaseResponse
from wtforms import Field, ValidationError

from domain.passwords import LONGEST
from models import db
from models.user import Role, User

PUBLIC = "goniec_public_endpoints"
MOST_OF_A_STRANGER = 64 * 1024
"""Bytes of a request to a route that is open to everybody."""
OUR_PUBLIC_ENDPOINTS = {
    "static": "the log-in page needs its style sheet",
    "admin.static": "the log-in page needs its style sheet",
    "security.login": "this is where one logs in",
    "security.logout": "logging out twice is no error",
    "language.switch": "the log-in page can be read in both languages",
    "root": "only leads to the panel, which asks for the log-in",
}


def declare_public(app: Flask, endpoint: str, reason: str) -> None:
    """Let strangers reach an endpoint (a webhook, an unsubscribe page); the reason is for the reader."""
    app.extensions.setdefault(PUBLIC, {})[endpoint] = reason


def may(permission: str) -> bool:
    """Whether the person of this request has a permission: read, write, send, report or administer."""
    return bool(current_user and current_user.is_authenticated and current_user.has_permission(permission))


def current_user_id() -> int | None:
    """Who acts, for the audit; none for a stranger."""
    return cast("int", current_user.id) if current_user and current_user.is_authenticated else None


def init_app(app: Flask) -> None:
    _give(User, UserMixin)
    app.config.update(_settings(app))
    security = Security(
        app,
        SQLAlchemyUserDatastore(db, User, Role),
        login_form=_LoginForm,
        change_password_form=_ChangePasswordForm,
    )
    security.unauthn_handler(_ask_to_log_in)
    security.want_json(lambda _request: False)  # its answers in JSON can hold a token that needs no password
    # The loader of tokens reads the JSON of every stranger's request, whole, before the route can bound it.
    app.login_manager.request_loader(lambda _request: None)  # type: ignore[attr-defined]
    for endpoint, reason in OUR_PUBLIC_ENDPOINTS.items():
        declare_public(app, endpoint, reason)
    # Before the CSRF token is looked at: one that ended with its session is no fault of the form.
    app.before_request_funcs.setdefault(None, [])[:0] = [_bound_the_body, _refuse_strangers]
    app.jinja_env.globals["may"] = may


def _settings(app: Flask) -> dict[str, Any]:
    key = str(app.config["SECRET_KEY"])
    current, *former = [part for part in key.split(",") if part]
    return {
        "SECRET_KEY": current,
        "SECRET_KEY_FALLBACKS": former,
        "SECURITY_PASSWORD_SALT": hmac.new(current.encode(), b"goniec log-in", sha256).hexdigest(),
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SCHEMES": ["argon2"],
        "SECURITY_DEPRECATED_PASSWORD_SCHEMES": [],
        # argon2 salts by itself; without a second HMAC a hash survives a change of SECRET_KEY.
        "SECURITY_PASSWORD_SINGLE_HASH": True,
        "SECURITY_PASSWORD_LENGTH_MIN": 12,
        "SECURITY_PASSWORD_CONFIRM_REQUIRED": True,
        "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False, "test_environment": True},
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_REGISTERABLE": False,
        "SECURITY_RECOVERABLE": False,
        "SECURITY_CHANGEABLE": True,
        "SECURITY_SEND_PASSWORD_CHANGE_EMAIL": False,
        "SECURITY_TRACKABLE": True,
        "SECURITY_I18N_DIRNAME": ["builtin", str(Path(app.root_path) / "translations")],
        "SECURITY_DATETIME_FACTORY": lambda: datetime.now(UTC),
        "SECURITY_URL_PREFIX": "/admin",
        "SECURITY_CHANGE_URL": "/password",
        "SECURITY_POST_LOGIN_VIEW": "/admin/",
        "SECURITY_POST_LOGOUT_VIEW": "/admin/login",
        "SECURITY_POST_CHANGE_VIEW": "/admin/",
        "SECURITY_LOGOUT_METHODS": ["POST"],
        "SECURITY_API_ENABLED_METHODS": ["session"],
        "SECURITY_CSRF_IGNORE_UNAUTH_ENDPOINTS": False,
        "SECURITY_FLASH_MESSAGES": True,
        "REMEMBER_COOKIE_HTTPONLY": True,
        "REMEMBER_COOKIE_SAMESITE": "Lax",
        "REMEMBER_COOKIE_SECURE": app.config["SESSION_COOKIE_SECURE"],
        "SESSION_COOKIE_NAME": "goniec",
    }


class _PasswordOfOurLength:
    """passlib refuses to hash a text of more than 4 kB with an error of its own."""

    def validate_password(self, field: Field) -> None:
        if len(field.data or "") > LONGEST:
            raise ValidationError(
                gettext("No password here is longer than %(limit)s characters.", limit=LONGEST)
            )


class _LoginForm(_PasswordOfOurLength, LoginForm):
    pass


class _ChangePasswordForm(_PasswordOfOurLength, ChangePasswordForm):
    pass


def _give(model: type[User], mixin: type) -> None:
    """Give the model the methods Flask-Security expects, which the storage room must not import itself."""
    for parent in mixin.__mro__[:-1]:
        for name, value in vars(parent).items():
            if not name.startswith("__") and not hasattr(model, name):
                setattr(model, name, value)


def _bound_the_body() -> None:
    """A stranger sends little, and to the log-in's pages forms alone: deep JSON exhausts its reader."""
    if request.endpoint is None or request.endpoint in _public_endpoints():
        request.max_content_length = MOST_OF_A_STRANGER
    if request.blueprint == "security" and request.is_json:
        abort(415)


def _refuse_strangers() -> BaseResponse | None:
    if request.endpoint is None or request.endpoint in _public_endpoints() or current_user.is_authenticated:
        return None
    return _ask_to_log_in()


def _public_endpoints() -> dict[str, str]:
    return cast("dict[str, str]", current_app.extensions.get(PUBLIC, {}))


def _ask_to_log_in(*_mechanisms: object, **_headers: object) -> BaseResponse:
    """The log-in page for whoever sees pages, with the way back; 401 for a script."""
    is_script = "HX-Request" in request.headers or request.headers.get("X-Requested-With") == "fetch"
    if is_script or not request.accept_mimetypes.accept_html:
        abort(Response(status=401))
    if request.method in {"GET", "HEAD"}:
        return redirect(url_for("security.login", next=request.full_path.rstrip("?")))
    flash(gettext("You have been logged out, so nothing was saved. Log in and send it again."), "error")
    return redirect(url_for("security.login", next=_page_before()))


def _page_before() -> str:
    """The page of ours that a form was on."""
    before = urlsplit(request.referrer or "")
    ours = before.netloc == request.host and before.path.startswith("/admin/")
    return before._replace(scheme="", netloc="").geturl() if ours else "/admin/"
