"""`/payments/…`: what a payment gateway reports of a top-up. Nothing is believed but what is signed."""

from flask import Response, abort, current_app, request

from extensions.wiring import wiring
from gateways.payu import ForgedNotification, UnreadableNotification
from models import db
from models.payment import NewsSource, PaymentGateway
from services.top_up import record_news

LARGEST_NOTIFICATION = 64 * 1024
SIGNATURE = "OpenPayu-Signature"


def payu_notification(gateway: str) -> Response:
    """One notification in PayU's protocol: 200 once it is stored, whatever it changed; PayU resends others.

    A signed one that is no news of an order (a refund's) is answered 200 too, for it would come back for
    days. 400 for what the gateway has not signed, 404 for a gateway or a payment unknown here.
    """
    try:
        kind = PaymentGateway(gateway)
        client = wiring().payments[kind]
    except (KeyError, ValueError):
        abort(404)
    request.max_content_length = LARGEST_NOTIFICATION
    try:
        news = client.read_notification(request.headers.get(SIGNATURE, ""), request.get_data(cache=False))
    except ForgedNotification:
        current_app.logger.warning("a payment notification nobody signed was refused")
        abort(400)
    except UnreadableNotification as error:
        current_app.logger.warning("a payment notification said nothing of an order: %s", error)
        return Response("OK\n", mimetype="text/plain")
    effect = record_news(db.session(), kind, news, NewsSource.NOTIFICATION, wiring().clock())
    if effect == "unknown":
        abort(404)
    return Response("OK\n", mimetype="text/plain")
