"""`/u/<token>`: the unsubscribe link of a message (RFC 8058), for people who have no log-in.

GET only shows a page, because scanners follow links; POST withdraws, from the page's button and from a mail
program's own one alike. There is no limit by sender: a mail provider posts for all its users from a few
addresses, and the token cannot be guessed.
"""

from flask import Response, current_app, make_response, render_template, request

from extensions.wiring import wiring
from models import db
from services.withdraw_by_link import consents_behind, message_of_link, withdraw_by_link

NOT_FOUND = 404


def unsubscribe(token: str) -> Response:
    """Show what would be withdrawn, or withdraw it."""
    session = db.session()
    message = message_of_link(session, token)
    if message is None:
        return _page("webhooks/link_unknown.html", status=NOT_FOUND)
    if request.method == "POST":
        withdraw_by_link(
            session,
            message,
            now=wiring().clock(),
            ip=request.remote_addr or "",
            user_agent=request.user_agent.string,
        )
        return _page("webhooks/unsubscribed.html", address=masked(message.address))
    linked = consents_behind(session, message)
    return _page("webhooks/unsubscribe.html", address=masked(linked.address), consents=linked.consents)


def healthz() -> Response:
    """Whether the process answers; it says nothing about what is behind it."""
    return current_app.response_class("ok\n", mimetype="text/plain")


def masked(address: str) -> str:
    """``anna.nowak@poczta.example`` as ``a…@poczta.example``: a link may be forwarded."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}…{at}{domain}"


def _page(template: str, *, status: int = 200, **values: object) -> Response:
    response = make_response(render_template(template, **values), status)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
