"""Limits on log-in attempts, counted in Redis; in memory while it is lost, so that nobody is locked out."""

from flask import Flask, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

ATTEMPTS_PER_ADDRESS = "20 per 5 minutes"
ATTEMPTS_PER_ACCOUNT = "10 per 5 minutes"


def init_app(app: Flask) -> Limiter:
    """Limit POSTs to the log-in page, by sender and by the account tried. Call after the log-in is set up."""
    limiter = Limiter(
        key_func=get_remote_address,
        app=app,
        storage_uri=app.config["GONIEC_REDIS_URL"],
        storage_options={"socket_connect_timeout": 1, "socket_timeout": 1},
        in_memory_fallback=[ATTEMPTS_PER_ADDRESS],
        in_memory_fallback_enabled=True,
        default_limits=[],
        key_prefix="goniec",
        headers_enabled=True,
    )
    limiter.request_filter(lambda: request.endpoint != "security.login" or request.method != "POST")
    view = app.view_functions["security.login"]
    for limit, key in (
        (ATTEMPTS_PER_ADDRESS, get_remote_address),
        (ATTEMPTS_PER_ACCOUNT, _account_tried),
    ):
        view = limiter.limit(limit, key_func=key, methods=["POST"])(view)
    app.view_functions["security.login"] = view
    return limiter


def _account_tried() -> str:
    return f"{get_remote_address()}|{request.form.get('email', '').strip().casefold()[:254]}"
