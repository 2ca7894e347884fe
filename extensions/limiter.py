"""Limits on failed log-ins and on pages behind signed links, counted in Redis; in memory while it is lost, so
that nobody is locked out.
"""

from flask import Flask, Response, current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import current_user

FAILURES_PER_ADDRESS = "20 per 5 minutes"
FAILURES_PER_ACCOUNT = "10 per 5 minutes"
PAGES_PER_ADDRESS = "120 per 5 minutes"  # an office shares one address
PAGES_PER_LINK = "40 per 5 minutes"
LIMITER = "goniec_limiter"
_PAGES = "goniec_limited_pages"


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
    limiter.request_filter(_has_no_limit)
    app.extensions[LIMITER] = limiter
    view = app.view_functions["security.login"]
    for limit, key in (
        (FAILURES_PER_ADDRESS, get_remote_address),
        (FAILURES_PER_ACCOUNT, _account_tried),
    ):
        view = limiter.limit(limit, key_func=key, methods=["POST"], deduct_when=_failed)(view)
    app.view_functions["security.login"] = view
    return limiter


def limit_page(app: Flask, endpoint: str) -> None:
    """Limit a page behind a signed link, by sender and by link: nobody guesses one, nor hammers on it."""
    limiter: Limiter = app.extensions[LIMITER]
    app.extensions.setdefault(_PAGES, set()).add(endpoint)
    view = app.view_functions[endpoint]
    for limit, key in ((PAGES_PER_ADDRESS, get_remote_address), (PAGES_PER_LINK, _link)):
        view = limiter.limit(limit, key_func=key)(view)
    app.view_functions[endpoint] = view


def _failed(_response: Response) -> bool:
    return not (current_user and current_user.is_authenticated)


def _account_tried() -> str:
    return f"{get_remote_address()}|{request.form.get('email', '').strip().casefold()[:254]}"


def _has_no_limit() -> bool:
    if request.endpoint in current_app.extensions.get(_PAGES, ()):
        return False
    return request.endpoint != "security.login" or request.method != "POST"


def _link() -> str:
    return request.path[:200]
