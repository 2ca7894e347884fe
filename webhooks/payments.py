"""`/payments/…`: what a payment service reports of a top-up. Nothing is believed but what it has proven."""

from flask import Response, abort, current_app, request

from extensions.wiring import wiring
from gateways.payment_service import (
    LARGEST_BODY,
    ForgedNotification,
    NotProvenYet,
    UnreadableNotification,
)
from models import db
from models.payment import NewsSource, PaymentGateway
from services.top_up import record_news


def payment_news(gateway: str) -> Response:
    """One notification in the gateway's own protocol: 200 once it is stored, whatever it changed; gateways
    resend others.

    A signed one that is no news of an order (a refund's) is answered 200 too, for it would come back for
    days. 400 for what the gateway has not signed, 404 for a gateway or a payment unknown here, 503 while the
    proof that a gateway owes us besides its signature cannot be had.
    """
    try:
        kind = PaymentGateway(gateway)
        client = wiring().payments[kind]
    except (KeyError, ValueError):
        abort(404)
    request.max_content_length = LARGEST_BODY
    headers = {name.lower(): value for name, value in request.headers}
    try:
        news = client.read_notification(headers, request.get_data(cache=False))
    except ForgedNotification:
        current_app.logger.warning("a payment notification nobody signed was refused")
        abort(400)
    except UnreadableNotification as error:
        current_app.logger.warning("a payment notification said nothing of an order: %s", error)
        return Response("OK\n", mimetype="text/plain")
    except NotProvenYet:
        current_app.logger.warning("a payment notification could not be proven yet")
        abort(503)
    effect = record_news(db.session(), kind, news, NewsSource.NOTIFICATION, wiring().clock())
    if effect == "unknown":
        abort(404)
    return Response("OK\n", mimetype="text/plain")
