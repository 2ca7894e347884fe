"""Payments through Przelewy24 (REST API 1.0): register one, prove what it reports, and ask about one.

Sources: developers.przelewy24.pl (registration, notification, verification, status by session). A payment's
reference is its sessionId, which is our own uuid. Przelewy24 keeps the money of a transaction nobody has
verified for the payer, so a notification counts only after ``PUT /transaction/verify`` has succeeded.
"""

import hmac
import json
import logging
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from domain.payments import PaymentOrder, PaymentStarted, PaymentStatus, ProvenNews
from gateways import przelewy24_messages as messages
from gateways.payment_exchange import Answer, Exchange
from gateways.payment_service import (
    LARGEST_BODY,
    ForgedNotification,
    NotProvenYet,
    UnreadableNotification,
)
from gateways.przelewy24_messages import Transaction
from gateways.strict_json import is_address, read_json

_log = logging.getLogger(__name__)

_API = "/api/v1/transaction"
_CURRENCY = "PLN"
_LONGEST_TEXT = 1024
_LONGEST_EMAIL = 50


@dataclass(frozen=True, slots=True)
class Przelewy24Settings:
    """One shop. ``base_url`` is https://secure.przelewy24.pl or https://sandbox.przelewy24.pl.

    ``fallback_email`` stands for a payer without an address, or with one of more than 50 characters, which
    Przelewy24 takes no payment from. ``timeout_seconds`` applies to connecting, to each single wait and to an
    answer's body as a whole. Raises ValueError for what nobody could be paid with: with an empty CRC key
    anybody could sign.
    """

    base_url: str
    merchant_id: int
    pos_id: int
    api_key: str = field(repr=False)
    crc: str = field(repr=False)
    fallback_email: str = ""
    timeout_seconds: float = 10.0

    def __post_init__(self) -> None:
        if not is_address(self.base_url):
            raise ValueError("base_url is no http(s) address")
        for name in ("merchant_id", "pos_id", "api_key", "crc"):
            if not getattr(self, name):
                raise ValueError(f"{name} is empty")


class Przelewy24Gateway:
    """Keeps connections, for all threads of a process; make one after a fork.

    The log gets what went wrong, never an address, a body or a credential.
    """

    def __init__(self, settings: Przelewy24Settings) -> None:
        self._settings = settings
        self._base = settings.base_url.rstrip("/")
        self._exchange = Exchange("Przelewy24", settings.timeout_seconds)
        login = f"{settings.pos_id}:{settings.api_key}".encode()
        self._headers = {
            "Authorization": f"Basic {b64encode(login).decode()}",
            "Content-Type": "application/json",
        }

    def start(self, order: PaymentOrder) -> PaymentStarted | None:
        """Register a payment of ``order.amount`` grosze; None when Przelewy24 did not say that it has begun.

        After None the transaction may still exist there (a lost answer), but nobody knows its page.
        """
        answer = self._call("POST", f"{_API}/register", self._request(order))
        if answer is None:
            return None
        try:
            token = messages.token(answer.status, read_json(answer.body))
        except ValueError as error:
            _log.warning("Przelewy24 did not start a payment: HTTP %d, %s", answer.status, error)
            return None
        return PaymentStarted(order.uuid, f"{self._base}/trnRequest/{token}")

    def ask(self, reference: str) -> ProvenNews | None:
        """How the payment stands now; one that was paid without our hearing of it is verified first."""
        found = self._look_up(reference) if messages.is_session(reference) else None
        if found is None or found.status != messages.ADVANCE:
            return found.as_news() if found else None
        verified = self._verify(found)
        return None if verified is None else _news_after(found, verified)

    def read_notification(self, headers: Mapping[str, str], body: bytes) -> ProvenNews:
        """What Przelewy24 reports: a body whose field ``sign`` is made of its other fields and the CRC key.

        A transaction that somebody has paid is verified before it counts as paid, with the amount it was
        registered with; one paid with another amount or currency is not verified, and told as it is. A
        repetition is verified again, and when that is refused, the transaction's own status decides.

        Raises ForgedNotification, UnreadableNotification, NotProvenYet, and nothing else.
        """
        claim = self._signed(body)
        if (claim.amount, claim.currency) != (claim.origin_amount, _CURRENCY):
            return claim.as_news("not what was registered")
        verified = self._verify(claim)
        if verified is False:
            verified = self._stands_as_made(claim)
        if verified is None:
            raise NotProvenYet
        return _news_after(claim, verified)

    def _signed(self, body: bytes) -> Transaction:
        """The transaction in a notification, once its sign is right and it is for our shop."""
        if len(body) > LARGEST_BODY:
            raise ForgedNotification("too large")
        try:
            fields, claimed = messages.claimed(read_json(body))
            expected = messages.sign(fields, messages.NOTIFIED, self._settings.crc)
        except ValueError as error:
            raise ForgedNotification(str(error)) from None
        ours = (fields["merchantId"], fields["posId"]) == (self._settings.merchant_id, self._settings.pos_id)
        if not hmac.compare_digest(expected, claimed) or not ours:
            raise ForgedNotification("wrong signature")
        try:
            return messages.notified(fields)
        except ValueError as error:
            raise UnreadableNotification(str(error)) from None

    def _request(self, order: PaymentOrder) -> dict[str, str | int]:
        email = order.buyer_email
        request: dict[str, str | int] = {
            "merchantId": self._settings.merchant_id,
            "posId": self._settings.pos_id,
            "sessionId": order.uuid,
            "amount": order.amount,
            "currency": _CURRENCY,
            "description": order.description[:_LONGEST_TEXT],
            "email": email if 0 < len(email) <= _LONGEST_EMAIL else self._settings.fallback_email,
            "country": "PL",
            "language": "pl",
            "urlReturn": order.continue_url,
            "urlStatus": order.notify_url,
        }
        return request | {"sign": messages.sign(request, messages.REGISTERED, self._settings.crc)}

    def _verify(self, transaction: Transaction) -> bool | None:
        """Whether Przelewy24 confirms that this was paid; None when it did not say."""
        request: dict[str, str | int] = {
            "merchantId": self._settings.merchant_id,
            "posId": self._settings.pos_id,
            "sessionId": transaction.session,
            "amount": transaction.amount,
            "currency": transaction.currency,
            "orderId": transaction.order,
        }
        request["sign"] = messages.sign(request, messages.VERIFIED, self._settings.crc)
        answer = self._call("PUT", f"{_API}/verify", request)
        if answer is None:
            return None
        if answer.status == HTTPStatus.BAD_REQUEST:
            return False
        try:
            if answer.status == HTTPStatus.OK and messages.says_verified(read_json(answer.body)):
                return True
        except ValueError as error:
            _log.warning("Przelewy24 did not verify a payment: %s", error)
        else:
            _log.warning("Przelewy24 did not verify a payment: HTTP %d", answer.status)
        return None

    def _stands_as_made(self, claim: Transaction) -> bool | None:
        """Whether a payment whose verification was refused had been verified before; None: nobody said."""
        found = self._look_up(claim.session)
        if found is None:
            return None
        same = (found.order, found.amount, found.currency) == (claim.order, claim.amount, claim.currency)
        return same and found.status == messages.MADE

    def _look_up(self, session: str) -> Transaction | None:
        answer = self._call("GET", f"{_API}/by/sessionId/{session}")
        if answer is None:
            return None
        try:
            return messages.looked_up(answer.status, read_json(answer.body), session)
        except ValueError as error:
            _log.warning("Przelewy24 did not tell how a payment stands: HTTP %d, %s", answer.status, error)
            return None

    def _call(self, method: str, path: str, request: Mapping[str, str | int] | None = None) -> Answer | None:
        body = None if request is None else json.dumps(request).encode()
        return self._exchange.send(method, self._base + path, self._headers, body)


def _news_after(transaction: Transaction, verified: bool) -> ProvenNews:
    if verified:
        return transaction.as_news("verified", PaymentStatus.PAID)
    return transaction.as_news("not verified")
