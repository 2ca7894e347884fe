"""Payments through Stripe's payment page (Checkout): start one, ask about one, and read its events.

Sources: docs.stripe.com (Checkout Session object, fulfilment, webhooks) and the official SDK, which writes
the requests, reads refusals and checks signatures. A payment's reference is the id of its Checkout Session.
Amounts are grosze, on the wire as numbers.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import stripe

from domain.payments import PaymentOrder, PaymentStarted, PaymentStatus, ProvenNews
from gateways.payment_exchange import Exchange
from gateways.payment_service import LARGEST_BODY, ForgedNotification, UnreadableNotification
from gateways.strict_json import address, inner, is_address, read_json, text, whole_number

_log = logging.getLogger(__name__)

stripe.enable_telemetry = False  # it would keep an identifier in the home directory and send it along
logging.getLogger("stripe").setLevel(logging.WARNING)  # below, it repeats refusals with the payer's address

OURS = "goniec_payment"
"""Where our reference stands among a session's metadata: an account may sell other things as well."""

_OLDEST_SECONDS = 300
_SECRET_KEY = re.compile(r"(sk|rk)_[A-Za-z0-9_]{8,255}")
_WEBHOOK_SECRET = re.compile(r"whsec_[\x21-\x7e]{8,255}")
_SIGNATURE = re.compile(r"[\x21-\x7e ]{1,2048}")  # the SDK's comparison fails on letters that are not ASCII
_SESSION = re.compile(r"cs_[A-Za-z0-9_]{1,110}")
_INTENT = re.compile(r"pi_[A-Za-z0-9_]{1,60}")
_OWN_REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,36}")
_CURRENCY = re.compile(r"[a-z]{3}")
_LARGEST_AMOUNT = 10**12 - 1
_LONGEST_TEXT = 250
_LATEST = 2**33

_PAID, _UNPAID = "paid", "unpaid"
_COMPLETED = "checkout.session.completed"
_EVENTS: Mapping[tuple[object, object], PaymentStatus] = {
    (_COMPLETED, _PAID): PaymentStatus.PAID,
    (_COMPLETED, _UNPAID): PaymentStatus.PENDING,  # the payer is done, the bank is not
    ("checkout.session.async_payment_succeeded", _PAID): PaymentStatus.PAID,
    ("checkout.session.async_payment_failed", _UNPAID): PaymentStatus.REFUSED,
    ("checkout.session.expired", _UNPAID): PaymentStatus.REFUSED,
}
_STATES: Mapping[tuple[object, object], PaymentStatus] = {
    ("open", _UNPAID): PaymentStatus.CREATED,
    ("complete", _UNPAID): PaymentStatus.PENDING,
    ("complete", _PAID): PaymentStatus.PAID,
    ("expired", _UNPAID): PaymentStatus.REFUSED,
}
# The SDK trips in many ways over an answer that is not what Stripe would say.
_UNUSABLE = (stripe.StripeError, ValueError, TypeError, AttributeError, RecursionError)
_FAILED_INTENTS = frozenset({"requires_payment_method", "canceled"})


@dataclass(frozen=True, slots=True)
class StripeSettings:
    """One account and one endpoint of its events.

    ``timeout_seconds`` applies to connecting, to each single wait and to an answer's body as a whole. Raises
    ValueError for a key that cannot be one: with an empty webhook secret anybody could sign.
    """

    secret_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    base_url: str = "https://api.stripe.com"
    timeout_seconds: float = 10.0

    def __post_init__(self) -> None:
        if not is_address(self.base_url):
            raise ValueError("base_url is no http(s) address")
        if not _SECRET_KEY.fullmatch(self.secret_key):
            raise ValueError("secret_key is no secret key (sk_… or rk_…)")
        if not _WEBHOOK_SECRET.fullmatch(self.webhook_secret):
            raise ValueError("webhook_secret is no signing secret (whsec_…)")


class _Transport(stripe.HTTPClient):
    """How the SDK reaches Stripe: nothing is followed, no answer is too large or takes for ever."""

    name = "urllib3"

    def __init__(self, exchange: Exchange) -> None:
        super().__init__()
        self._exchange = exchange

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        answer = self._exchange.send(method.upper(), url, headers or {}, post_data)
        if answer is None:
            raise stripe.APIConnectionError("no answer")
        try:
            read_json(answer.body)  # the SDK trips over a list, a text or a number
        except ValueError as error:
            raise stripe.APIConnectionError(str(error)) from None
        return answer.body.decode(), answer.status, answer.headers

    def close(self) -> None:
        """Connections end with the process."""


class StripeGateway:
    """Keeps connections, for all threads of a process; make one after a fork.

    The log gets what went wrong, never an address, a body or a credential.
    """

    def __init__(self, settings: StripeSettings) -> None:
        self._webhook_secret = settings.webhook_secret
        self._client = stripe.StripeClient(
            settings.secret_key,
            base_addresses={"api": settings.base_url.rstrip("/")},
            max_network_retries=0,
            http_client=_Transport(Exchange("Stripe", settings.timeout_seconds)),
        )
        self._sessions = self._client.v1.checkout.sessions

    def start(self, order: PaymentOrder) -> PaymentStarted | None:
        """Make a payment page for ``order.amount`` grosze; None when Stripe did not say that there is one.

        After None it may still exist (a lost answer), but nobody knows its address, and it expires in a day.
        """
        try:
            session = self._sessions.create(_request(order), {"idempotency_key": order.uuid}).to_dict()
            if session.get("client_reference_id") != order.uuid:
                raise ValueError("client_reference_id")
            return PaymentStarted(text(session, "id", _SESSION), address(session, "url"))
        except _UNUSABLE as error:
            _log.warning("Stripe did not start a payment: %s", _what(error))
            return None

    def ask(self, reference: str) -> ProvenNews | None:
        """How the payment stands now, from Stripe itself; None when that cannot be told."""
        if not _SESSION.fullmatch(reference):
            return None
        try:
            session = self._sessions.retrieve(reference, {"expand": ["payment_intent"]}).to_dict()
            if session.get("id") != reference:
                raise ValueError("id")
            return _answered(session)
        except _UNUSABLE as error:
            _log.warning("Stripe did not tell how a payment stands: %s", _what(error))
            return None

    def read_notification(self, headers: Mapping[str, str], body: bytes) -> ProvenNews:
        """What Stripe reports: the header Stripe-Signature signs the raw body and a time, which may be five
        minutes old; Stripe signs anew whatever it sends again.

        Raises ForgedNotification, then UnreadableNotification, and nothing else.
        """
        self._check_signature(headers.get("stripe-signature", ""), body)
        if len(body) > LARGEST_BODY:
            raise UnreadableNotification("too large")
        try:
            event = read_json(body)
            return _reported(event, inner(inner(event, "data"), "object"))
        except ValueError as error:
            raise UnreadableNotification(str(error)) from None

    def _check_signature(self, header: str, body: bytes) -> None:
        if not _SIGNATURE.fullmatch(header):
            raise ForgedNotification("the signature is malformed")
        try:
            stripe.WebhookSignature.verify_header(body, header, self._webhook_secret, _OLDEST_SECONDS)
        except (stripe.SignatureVerificationError, ValueError):  # the second: the body is not UTF-8
            raise ForgedNotification("wrong signature") from None


def _request(order: PaymentOrder) -> stripe.params.checkout.SessionCreateParams:
    description = order.description[:_LONGEST_TEXT]
    request: stripe.params.checkout.SessionCreateParams = {
        "mode": "payment",
        "payment_method_types": ["blik", "p24", "card"],
        "line_items": [
            {
                "price_data": {
                    "currency": "pln",
                    "unit_amount": order.amount,
                    "product_data": {"name": description},
                },
                "quantity": 1,
            }
        ],
        "client_reference_id": order.uuid,
        "metadata": {OURS: order.uuid},
        "payment_intent_data": {"description": description, "metadata": {OURS: order.uuid}},
        "adaptive_pricing": {"enabled": False},  # it would charge, and report, another currency
        "locale": "pl",
        "success_url": order.continue_url,
        "cancel_url": order.continue_url,
    }
    if order.buyer_email:
        request["customer_email"] = order.buyer_email
    return request


def _reported(event: Mapping[str, Any], session: Mapping[str, Any]) -> ProvenNews:
    """News in an event; ValueError for events of other kinds, and of sessions that are not ours."""
    said, paid = event.get("type"), session.get("payment_status")
    if event.get("object") != "event" or not isinstance(said, str) or not isinstance(paid, str):
        raise ValueError("type")
    if (said, paid) not in _EVENTS:
        raise ValueError("type or payment_status")
    news = _news(session, said.removeprefix("checkout.session."), _EVENTS[said, paid])
    return replace(news, paid_at=_moment(event.get("created"))) if paid == _PAID else news


def _moment(said: object) -> datetime | None:
    """When an event happened (Unix seconds): Stripe sends one again for up to three days."""
    if type(said) is not int or not 0 < said < _LATEST:
        return None
    return datetime.fromtimestamp(said, UTC)


def _answered(session: Mapping[str, Any]) -> ProvenNews:
    state, paid = session.get("status"), session.get("payment_status")
    if not isinstance(state, str) or not isinstance(paid, str) or (state, paid) not in _STATES:
        raise ValueError("status or payment_status")
    status = _STATES[state, paid]
    intent = session.get("payment_intent")
    if status is PaymentStatus.PENDING and isinstance(intent, dict):
        said = intent.get("status")
        if isinstance(said, str) and said in _FAILED_INTENTS:
            return _news(session, said, PaymentStatus.REFUSED)
    return _news(session, f"{state}, {paid}", status)


def _news(session: Mapping[str, Any], said: str, status: PaymentStatus) -> ProvenNews:
    if session.get("object") != "checkout.session" or session.get("mode") != "payment":
        raise ValueError("mode")
    uuid = text(inner(session, "metadata"), OURS, _OWN_REFERENCE)
    if session.get("client_reference_id") != uuid:
        raise ValueError("client_reference_id")
    intent = session.get("payment_intent")
    name = intent.get("id") if isinstance(intent, dict) else intent
    return ProvenNews(
        uuid=uuid,
        reference=text(session, "id", _SESSION),
        status=status,
        amount=whole_number(session, "amount_total", 1, _LARGEST_AMOUNT),
        currency=text(session, "currency", _CURRENCY).upper(),
        said=said,
        detail={"payment_intent": name} if isinstance(name, str) and _INTENT.fullmatch(name) else {},
    )


def _what(error: Exception) -> str:
    """What went wrong, without the sentence, which may repeat what was sent."""
    if isinstance(error, stripe.StripeError):
        return f"{type(error).__name__}, HTTP {error.http_status or 0}"
    return str(error) if type(error) is ValueError else type(error).__name__
