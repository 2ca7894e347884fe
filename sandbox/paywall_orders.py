"""What the PayU stand-in keeps: orders, what a payer's choice does to them, and who is told.

Signatures are made here from the protocol's description, not by the gateway's code, so that a mistake in one
does not hide behind the same mistake in the other.
"""

import hashlib
import ipaddress
import json
import re
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import urllib3

DELIVERY_SECONDS = 5.0
_NUMBER = re.compile(r"[1-9][0-9]{0,11}")
_ADDRESS = re.compile(r"https?://[\x21-\x7e]{1,1990}")
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class Refusal(Exception):
    """An order PayU would refuse; the text is its statusCode."""


class Action(StrEnum):
    """What a payer may do on the payment page."""

    PAY = "pay"
    REFUSE = "refuse"
    ABANDON = "abandon"
    TWICE = "twice"


@dataclass
class Order:
    """One payment as the merchant ordered it; ``fields`` are the merchant's own."""

    id: str
    fields: dict[str, Any]
    created_at: datetime
    status: str = "NEW"

    @property
    def amount(self) -> str:
        """The amount as a Polish reader expects it: ``100,00 zł``."""
        zloty, grosze = divmod(int(self.fields["totalAmount"]), 100)
        return f"{zloty:,},{grosze:02d} zł".replace(",", "\u00a0", f"{zloty:,}".count(","))

    @property
    def finished(self) -> bool:
        return self.status == "COMPLETED"

    @property
    def continue_url(self) -> str:
        """Where the payer goes back to; after a refusal PayU adds ``error=501``."""
        url = str(self.fields.get("continueUrl") or "")
        if not url or self.status != "CANCELED":
            return url
        return f"{url}{'&' if '?' in url else '?'}error=501"

    def as_json(self) -> dict[str, Any]:
        """The order as queries and notifications show it."""
        return {
            **self.fields,
            "orderId": self.id,
            "orderCreateDate": self.created_at.isoformat(timespec="milliseconds"),
            "status": self.status,
        }


def signature_header(body: bytes, second_key: str, algorithm: str = "MD5") -> str:
    """OpenPayu-Signature for a body: MD5 or SHA-256 of the body and the second key."""
    digest = hashlib.new({"MD5": "md5", "SHA-256": "sha256"}[algorithm], body + second_key.encode())
    return f"sender=checkout;signature={digest.hexdigest()};algorithm={algorithm};content=DOCUMENT"


def check_order(fields: dict[str, Any], pos_id: str) -> None:
    """Raise Refusal for an order without a required field or with one that is not what it should be."""
    for name in ("customerIp", "merchantPosId", "description", "currencyCode", "totalAmount", "products"):
        if not fields.get(name):
            raise Refusal("ERROR_VALUE_MISSING")
    products = fields["products"]
    usable = (
        fields["merchantPosId"] == pos_id
        and fields["currencyCode"] == "PLN"
        and isinstance(fields["description"], str)
        and isinstance(fields.get("extOrderId", ""), str)
        and _is_number(fields["totalAmount"])
        and _is_ip(fields["customerIp"])
        and all(_is_address(fields[name]) for name in ("notifyUrl", "continueUrl") if fields.get(name))
        and isinstance(products, list)
        and all(_is_product(product) for product in products)
    )
    if not usable:
        raise Refusal("ERROR_VALUE_INVALID")


class Till:
    """All orders, and the threads that tell merchants about them.

    ``pauses`` are the seconds before each repetition of a notification that was not answered with 200.
    """

    def __init__(self, pos_id: str, second_key: str, algorithm: str, pauses: Sequence[float]) -> None:
        self._pos_id = pos_id
        self._second_key = second_key
        self._algorithm = algorithm
        self._pauses = pauses
        self._orders: dict[str, Order] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._http = urllib3.PoolManager(retries=False, timeout=DELIVERY_SECONDS)

    def add(self, fields: dict[str, Any]) -> Order:
        """Take an order in. Raises Refusal; the merchant's own reference may be used once."""
        check_order(fields, self._pos_id)
        own = fields.get("extOrderId")
        now = datetime.now(UTC)
        name = "".join(secrets.choice(_ALPHABET) for _ in range(10)) + f"{now:%y%m%d}GUEST000P01"
        with self._lock:
            if own and any(order.fields.get("extOrderId") == own for order in self._orders.values()):
                raise Refusal("ERROR_ORDER_NOT_UNIQUE")
            order = self._orders[name] = Order(name, fields, now)
        return order

    def get(self, order_id: str) -> Order | None:
        return self._orders.get(order_id)

    def act(self, order_id: str, action: Action) -> Order:
        """What the payer chose; KeyError without such an order. Paid is final, and nobody is told again."""
        with self._lock:
            order = self._orders[order_id]
            if order.finished:
                return order
            if action is Action.ABANDON:
                order.status = "PENDING" if order.status == "NEW" else order.status
                return order
            order.status = "CANCELED" if action is Action.REFUSE else "COMPLETED"
            body = self._notification(order)
        self._tell_later(order, body, times=2 if action is Action.TWICE else 1)
        return order

    def settle(self, seconds: float = 10.0) -> None:
        """Wait until nobody is being told anything. TimeoutError when that takes longer."""
        for thread in self._threads:
            thread.join(seconds)
            if thread.is_alive():
                raise TimeoutError

    def close(self) -> None:
        """Give up on what has not been delivered."""
        self._stop.set()
        self.settle(2 * DELIVERY_SECONDS)
        self._http.clear()

    def _notification(self, order: Order) -> bytes:
        document = {
            "order": order.as_json() | {"payMethod": {"type": "PBL"}},
            "localReceiptDateTime": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "properties": [{"name": "PAYMENT_ID", "value": str(5_000_000_000 + secrets.randbelow(10**9))}],
        }
        return json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")

    def _tell_later(self, order: Order, body: bytes, times: int) -> None:
        url = str(order.fields.get("notifyUrl") or "")
        if not url:
            return

        def tell() -> None:
            for _ in range(times):
                self._tell(url, body)

        thread = threading.Thread(target=tell, daemon=True)
        self._threads = [*(other for other in self._threads if other.is_alive()), thread]
        thread.start()

    def _tell(self, url: str, body: bytes) -> None:
        """Deliver one notification; anything but a 200 is told again, as PayU does, after growing pauses."""
        headers = {
            "Content-Type": "application/json;charset=UTF-8",
            "OpenPayu-Signature": signature_header(body, self._second_key, self._algorithm),
        }
        for pause in (0.0, *self._pauses):
            if self._stop.wait(pause):
                return
            try:
                answer = self._http.request("POST", url, body=body, headers=headers, redirect=False)
            except urllib3.exceptions.HTTPError:
                continue
            if answer.status == HTTPStatus.OK:
                return


def _is_number(value: object) -> bool:
    return isinstance(value, str) and bool(_NUMBER.fullmatch(value))


def _is_product(value: object) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        return False
    return _is_number(value.get("unitPrice")) and _is_number(value.get("quantity"))


def _is_ip(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(ipaddress.ip_address(value))
    except ValueError:
        return False


def _is_address(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(_ADDRESS.fullmatch(value) and urlsplit(value).hostname)
    except ValueError:
        return False
