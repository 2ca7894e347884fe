"""`/sms/<secret>/…`: what an SMS gateway reports. The secret in the address says which gateway may."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from flask import Response, abort, current_app, request

from domain.networks import calls_from
from domain.text_messages import DeliveryReport, IncomingText
from extensions.wiring import wiring
from gateways import kannel_callbacks, smsapi_callbacks
from gateways.sms_callbacks import UnreadableCallback
from models import db
from models.sms_gateway import GatewayKind, SmsGateway
from services.receive_text import receive_text
from services.take_report import take_reports

LARGEST_CALLBACK = 64 * 1024


@dataclass(frozen=True, slots=True)
class _Dialect:
    """How one kind of gateway calls back; ``thanks`` is what it expects to hear."""

    reports: Callable[[], list[DeliveryReport]]
    text: Callable[[], IncomingText]
    thanks: str


_SMSAPI = _Dialect(
    reports=lambda: smsapi_callbacks.delivery_reports(_given()),
    text=lambda: smsapi_callbacks.incoming_text(_given()),
    thanks="OK",
)
_KANNEL = _Dialect(
    reports=lambda: kannel_callbacks.delivery_reports(request.args),
    text=lambda: kannel_callbacks.incoming_text(request.query_string),
    thanks="",  # whatever Kannel is answered with, it sends to the telephone the text came from
)
_DIALECTS: Mapping[GatewayKind, _Dialect] = {
    GatewayKind.SMSAPI: _SMSAPI,
    GatewayKind.SANDBOX: _SMSAPI,
    GatewayKind.KANNEL: _KANNEL,
}


def sms_report(secret: str) -> Response:
    """Delivery reports. 200 for what can be read, ours or not, for it would come back otherwise; 400 for
    what cannot, 403 from a network that is not allowed, 404 for a secret unknown here.
    """
    gateway = _gateway(secret)
    dialect = _DIALECTS[gateway.kind]
    try:
        reports = dialect.reports()
    except UnreadableCallback as error:
        current_app.logger.warning("an SMS report cannot be read: %s", error)
        abort(400)
    take_reports(db.session(), gateway.id, reports, now=wiring().clock())
    return Response(dialect.thanks, mimetype="text/plain")


def sms_incoming(secret: str) -> Response:
    """A text to us; answers as `sms_report`."""
    gateway = _gateway(secret)
    dialect = _DIALECTS[gateway.kind]
    try:
        text = dialect.text()
    except UnreadableCallback as error:
        current_app.logger.warning("an incoming SMS cannot be read: %s", error)
        abort(400)
    hands = wiring()
    receive_text(
        db.session(),
        gateway.id,
        text,
        runtime=hands.ejs(),
        now=hands.clock(),
        enqueue=hands.doorbell.ring,
    )
    return Response(dialect.thanks, mimetype="text/plain")


def _given() -> Mapping[str, str]:
    return request.form if request.method == "POST" else request.args


def _gateway(secret: str) -> SmsGateway:
    request.max_content_length = LARGEST_CALLBACK
    gateway = db.session.scalars(
        sa.select(SmsGateway).where(SmsGateway.callback_secret == secret, SmsGateway.kind.in_(_DIALECTS))
    ).one_or_none()
    if gateway is None:
        abort(404)
    networks = [part.strip() for part in gateway.allowed_addresses.split(",") if part.strip()]
    if networks and not calls_from(request.remote_addr or "", networks):
        current_app.logger.warning("an SMS callback came from a network that is not allowed")
        abort(403)
    return gateway
