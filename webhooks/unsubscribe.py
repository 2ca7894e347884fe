"""`/u/<token>`: the unsubscribe link of a message (RFC 8058), for people who have no log-in.

GET only shows a page, because scanners follow links; POST withdraws, from the page's button and from a mail
program's own one alike. There is no limit by sender: a mail provider posts for all its users from a few
addresses, and the token cannot be guessed.
"""

from flask import Response, current_app, request

from extensions.wiring import wiring
from models import db
from services.withdraw_by_link import consents_behind, message_of_link, withdraw_by_link
from webhooks.pages import NOT_FOUND, link_page, masked


def unsubscribe(token: str) -> Response:
    """Show what would be withdrawn, or withdraw it."""
    session = db.session()
    message = message_of_link(session, token)
    if message is None:
        return link_page("webhooks/link_unknown.html", status=NOT_FOUND)
    if request.method == "POST":
        withdraw_by_link(
            session,
            message,
            now=wiring().clock(),
            ip=request.remote_addr or "",
            user_agent=request.user_agent.string,
        )
        return link_page("webhooks/unsubscribed.html", address=masked(message.address))
    linked = consents_behind(session, message)
    return link_page("webhooks/unsubscribe.html", address=masked(linked.address), consents=linked.consents)


def healthz() -> Response:
    """Whether the process answers; it says nothing about what is behind it."""
    return current_app.response_class("ok\n", mimetype="text/plain")
