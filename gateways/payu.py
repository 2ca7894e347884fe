"""Payments through PayU (REST API 2.1): start one, ask about one, and read what PayU reports.

Sources: developers.payu.com/europe/docs (payment flows, lifecycle, signatures) and PayU's own openpayu_php
(the status NEW, the list ``orders`` in the answer to a query). Amounts are grosze, on the wire as strings.
"""

import hmac
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from domain.payments import PaymentOrder, PaymentStarted, ProvenNews
from gateways import payu_messages as messages
from gateways.payment_exchange import Answer, Exchange
from gateways.payment_service import LARGEST_BODY, ForgedNotification, UnreadableNotification
from gateways.strict_json import is_address, read_json

_log = logging.getLogger(__name__)

_AUTHORIZE = "/pl/standard/user/oauth/authorize"
_ORDERS = "/api/v2_1/orders"
_SIGNATURE = "openpayu-signature"
_RENEW_BEFORE_SECONDS = 60
_LONGEST_TEXT = 255


@dataclass(frozen=True, slots=True)
class PayuSettings:
    """One point of sale. ``base_url`` is https://secure.payu.com or https://secure.snd.payu.com.

    ``timeout_seconds`` applies to connecting, to each single wait and to an answer's body as a whole.
    Raises ValueError for an address that is not http(s) and for an empty credential: with an empty second
    key anybody could sign.
    """

    base_url: str
    pos_id: str
    client_id: str
    client_secret: str = field(repr=False)
    second_key: str = field(repr=False)
    timeout_seconds: float = 10.0

    def __post_init__(self) -> None:
        if not is_address(self.base_url):
            raise ValueError("base_url is no http(s) address")
        for name in ("pos_id", "client_id", "client_secret", "second_key"):
            if not getattr(self, name):
                raise ValueError(f"{name} is empty")


@dataclass(frozen=True, slots=True)
class _Access:
    token: str
    renew_at: float


class PayuGateway:
    """Keeps connections and one access token, for all threads of a process; make one after a fork.

    Nothing here raises for the network or for what the other side answers. The log gets what went wrong,
    never an address, a body or a credential.
    """

    def __init__(self, settings: PayuSettings) -> None:
        self._settings = settings
        self._base = settings.base_url.rstrip("/")
        self._second_key = settings.second_key.encode()
        self._access: _Access | None = None
        self._exchange = Exchange("PayU", settings.timeout_seconds)

    def start(self, order: PaymentOrder) -> PaymentStarted | None:
        """Order a payment of ``order.amount`` grosze; None when PayU did not say that it has begun.

        After None the payment may still exist at PayU (a lost answer): a later notification of it counts.
        """
        answer = self._authorised("POST", _ORDERS, json.dumps(self._request(order)).encode())
        if answer is None:
            return None
        try:
            return messages.started(answer.status, read_json(answer.body), order.uuid)
        except ValueError as error:
            _log.warning("PayU did not start a payment: HTTP %d, %s", answer.status, error)
            return None

    def ask(self, reference: str) -> ProvenNews | None:
        """How the payment stands now, from PayU itself; None when that cannot be told."""
        if not messages.is_reference(reference):
            return None
        answer = self._authorised("GET", f"{_ORDERS}/{reference}")
        if answer is None:
            return None
        try:
            return messages.answered_news(answer.status, read_json(answer.body), reference)
        except ValueError as error:
            _log.warning("PayU did not tell how a payment stands: HTTP %d, %s", answer.status, error)
            return None

    def read_notification(self, headers: Mapping[str, str], body: bytes) -> ProvenNews:
        """What PayU reports: the header OpenPayu-Signature, its name in lower case, signs the raw body.

        The signature is the hash of the body followed by the second key, not an HMAC. Both documented
        algorithms are accepted, under exactly these names: ``MD5`` and ``SHA-256``. Another algorithm, names
        or digits in another case and repeated fields are forgeries. MD5 does not resist collisions, so the
        caller still compares reference, amount and currency with its own.

        Raises ForgedNotification, then UnreadableNotification, and nothing else.
        """
        self._check_signature(headers.get(_SIGNATURE, ""), body)
        if len(body) > LARGEST_BODY:
            raise UnreadableNotification("too large")
        try:
            document = read_json(body)
            return messages.news(document.get("order"), document)
        except ValueError as error:
            raise UnreadableNotification(str(error)) from None

    def _check_signature(self, header: str, body: bytes) -> None:
        try:
            expected, claimed = messages.signature_of(body, self._second_key, header)
        except ValueError as error:
            raise ForgedNotification(str(error)) from None
        if not hmac.compare_digest(expected, claimed):
            raise ForgedNotification("wrong signature")

    def _request(self, order: PaymentOrder) -> dict[str, Any]:
        amount = str(order.amount)
        text = order.description[:_LONGEST_TEXT]
        request: dict[str, Any] = {
            "extOrderId": order.uuid,
            "customerIp": order.customer_ip,
            "merchantPosId": self._settings.pos_id,
            "description": text,
            "currencyCode": "PLN",
            "totalAmount": amount,
            "products": [{"name": text, "unitPrice": amount, "quantity": "1"}],
            "notifyUrl": order.notify_url,
            "continueUrl": order.continue_url,
        }
        if order.buyer_email:
            request["buyer"] = {"email": order.buyer_email, "language": "pl"}
        return request

    def _authorised(self, method: str, path: str, body: bytes | None = None) -> Answer | None:
        """The answer to a call with an access token; a token that is refused (401) is replaced once."""
        for _ in range(2):
            access = self._access
            if access is None or access.renew_at <= time.monotonic():
                access = self._access = self._new_access()
            if access is None:
                return None
            headers = {"Authorization": f"Bearer {access.token}"}
            if body is not None:
                headers["Content-Type"] = "application/json"
            answer = self._exchange.send(method, self._base + path, headers, body)
            if answer is None or answer.status != HTTPStatus.UNAUTHORIZED:
                return answer
            self._access = None
        _log.warning("PayU refuses the access token it has just given")
        return None

    def _new_access(self) -> _Access | None:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._settings.client_id,
            "client_secret": self._settings.client_secret,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        asked_at = time.monotonic()
        answer = self._exchange.send("POST", self._base + _AUTHORIZE, headers, urlencode(form).encode())
        if answer is None:
            return None
        try:
            token = messages.token(answer.status, read_json(answer.body))
        except ValueError as error:
            _log.warning("PayU gave no access token: HTTP %d, %s", answer.status, error)
            return None
        return _Access(token.value, asked_at + token.lifetime - _RENEW_BEFORE_SECONDS)
