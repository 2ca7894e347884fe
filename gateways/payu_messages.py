"""What PayU says, read strictly: a text that is not exactly what its REST API 2.1 promises is a ValueError.

The errors name what is amiss and repeat nothing of the text, so they may be logged.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from domain.payments import PaymentStarted, PaymentStatus, ProvenNews
from gateways.strict_json import address, text

_SUCCESS = "SUCCESS"
_STATUSES = {
    "NEW": PaymentStatus.CREATED,  # only ever the answer to a query: the payer has not chosen how to pay
    "PENDING": PaymentStatus.PENDING,
    "WAITING_FOR_CONFIRMATION": PaymentStatus.PENDING,
    "COMPLETED": PaymentStatus.PAID,
    "CANCELED": PaymentStatus.REFUSED,
}
_DIGESTS: Mapping[str, Callable[[bytes], str]] = {
    # MD5 is what PayU signs with unless told otherwise: refusing it would refuse payments.
    "MD5": lambda signed: hashlib.md5(signed, usedforsecurity=False).hexdigest(),
    "SHA-256": lambda signed: hashlib.sha256(signed).hexdigest(),
}
_LONGEST_SIGNATURE = 512
_SIGNATURE_FIELD = re.compile(r"([a-z]{1,20})=([A-Za-z0-9_.@-]{1,128})")
_REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,120}")
_OWN_REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,36}")
_AMOUNT = re.compile(r"[1-9][0-9]{0,11}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_STATUS_CODE = re.compile(r"[A-Z0-9_]{1,40}")
_BEARER = re.compile(r"[A-Za-z0-9._~+/-]{1,4096}=*")
_DETAIL = re.compile(r"[\x20-\x7e]{1,64}")
_LONGEST_TOKEN_LIFE = 24 * 3600


@dataclass(frozen=True, slots=True)
class Token:
    """An access token (RFC 6750) and the seconds it is good for."""

    value: str
    lifetime: int


def is_reference(text: str) -> bool:
    """Whether a text can be PayU's name for an order: nothing that could leave its place in a path."""
    return bool(_REFERENCE.fullmatch(text))


def signature_of(body: bytes, second_key: bytes, header: str) -> tuple[str, str]:
    """The digest a notification must have and the one its header claims, both lower-case hexadecimal.

    ValueError for a header without exactly one known algorithm and one digest of that algorithm's length.
    """
    if len(header) > _LONGEST_SIGNATURE:
        raise ValueError("the signature is too long")
    fields: dict[str, str] = {}
    for part in header.removesuffix(";").split(";"):
        match = _SIGNATURE_FIELD.fullmatch(part)
        if match is None or match[1] in fields:
            raise ValueError("the signature is malformed")
        fields[match[1]] = match[2]
    digest = _DIGESTS.get(fields.get("algorithm", ""))
    if digest is None:
        raise ValueError("no known algorithm")
    return digest(body + second_key), fields.get("signature", "")


def token(status: int, document: Mapping[str, Any]) -> Token:
    """The access token in the answer to a log-in (RFC 6749, section 5.1)."""
    if status != HTTPStatus.OK:
        raise ValueError("refused")
    lifetime = document.get("expires_in")
    if type(lifetime) is not int or lifetime < 0:
        raise ValueError("expires_in")
    return Token(text(document, "access_token", _BEARER), min(lifetime, _LONGEST_TOKEN_LIFE))


def started(status: int, document: Mapping[str, Any], uuid: str) -> PaymentStarted:
    """Where the payer goes, from the answer to an order: a 302 with a body, as PayU gives it."""
    _check_success(document)
    if status != HTTPStatus.FOUND:
        raise ValueError("no redirect")
    if document.get("extOrderId", uuid) != uuid:
        raise ValueError("extOrderId")
    return PaymentStarted(text(document, "orderId", _REFERENCE), address(document, "redirectUri"))


def answered_news(status: int, document: Mapping[str, Any], reference: str) -> ProvenNews:
    """The one order in the answer to a query about ``reference``."""
    _check_success(document)
    orders = document.get("orders")
    if status != HTTPStatus.OK or not isinstance(orders, list) or len(orders) != 1:
        raise ValueError("orders")
    found = news(orders[0], document)
    if found.reference != reference:
        raise ValueError("orderId")
    return found


def news(order: object, document: Mapping[str, Any]) -> ProvenNews:
    """News of an order; ``document`` is what it came in. The detail names nobody and has bounded texts."""
    if not isinstance(order, dict):
        raise ValueError("order")
    said = text(order, "status", _STATUS_CODE)
    if said not in _STATUSES:
        raise ValueError("status")
    return ProvenNews(
        uuid=text(order, "extOrderId", _OWN_REFERENCE),
        reference=text(order, "orderId", _REFERENCE),
        status=_STATUSES[said],
        amount=int(text(order, "totalAmount", _AMOUNT)),
        currency=text(order, "currencyCode", _CURRENCY),
        said=said,
        detail=_detail(order, document),
        paid_at=_moment(document.get("localReceiptDateTime")),
    )


def _moment(said: object) -> datetime | None:
    """When PayU got the money (ISO 8601 with an offset), which only a completed order's notification says."""
    try:
        moment = datetime.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _detail(order: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, str]:
    method = order.get("payMethod")
    properties = document.get("properties")
    candidates = {
        "ordered_at": order.get("orderCreateDate"),
        "received_at": document.get("localReceiptDateTime"),
        "method": method.get("type") if isinstance(method, dict) else None,
    }
    for entry in properties if isinstance(properties, list) else []:
        if isinstance(entry, dict) and entry.get("name") == "PAYMENT_ID":
            candidates["payment_id"] = entry.get("value")
    return {
        name: value
        for name, value in candidates.items()
        if isinstance(value, str) and _DETAIL.fullmatch(value)
    }


def _check_success(document: Mapping[str, Any]) -> None:
    status = document.get("status")
    code = status.get("statusCode") if isinstance(status, dict) else None
    if code == _SUCCESS:
        return
    raise ValueError(code if isinstance(code, str) and _STATUS_CODE.fullmatch(code) else "no statusCode")
