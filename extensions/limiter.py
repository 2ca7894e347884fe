"""Limits on failed log-ins, counted in Redis; in memory while it is lost, so that nobody is locked out."""

from flask import Flask, Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import current_user

FAILURES_PER_ADDRESS = "20 per 5 minutes"
FAILURES_PER_ACCOUNT = "10 per 5 minutes"


def init_app(app: Flask) -> Limiter:
    """Limit failed log-ins, by sender and by the account tried. Call after the log-in is set up.

    Whoever logs in with the right password spends nothing of the limit, and gives nothing back. A failure is
    counted when it is answered: as many as are answered at once may pass beyond the limit.
    """
    limiter = Limiter(
        key_func=get_remote_address,
        app=app,
        storage_uri=app.config["GONIEC_REDIS_URL"],
        storage_options={"socket_connect_timeout": 1, "socket_timeout": 1},
        in_memory_fallback_enabled=True,  # with the same limits: given its own, it would count every log-in
        default_limits=[],
        key_prefix="goniec",
        headers_enabled=True,
    )
    limiter.request_filter(lambda: request.endpoint != "security.login" or request.method != "POST")
    view = app.view_functions["security.login"]
    for limit, key in (
        (FAILURES_PER_ADDRESS, get_remote_address),
        (FAILURES_PER_ACCOUNT, _account_tried),
    ):
        view = limiter.limit(limit, key_func=key, methods=["POST"], deduct_when=_failed)(view)
    app.view_functions["security.login"] = view
    return limiter


def _failed(_response: Response) -> bool:
    return not (current_user and current_user.is_authenticated)


def _account_tried() -> str:
    return f"{get_remote_address()}|{request.form.get('email', '').strip().casefold()[:254]}"
