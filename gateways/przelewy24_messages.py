"""What is said to Przelewy24 and what it says, signed and read strictly (REST API 1.0).

Sources: developers.przelewy24.pl (its OpenAPI description: TransactionRegisterRequest, TransactionResult,
TransactionVerificationBody, TransactionBySessionIdResponse). Amounts are grosze, on the wire as numbers. The
errors name what is amiss and repeat nothing of the text.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from domain.local_time import WARSAW
from domain.payments import PaymentStatus, ProvenNews
from gateways.strict_json import inner, text, whole_number

REGISTERED = ("sessionId", "merchantId", "amount", "currency")
VERIFIED = ("sessionId", "orderId", "amount", "currency")
NOTIFIED = (
    *("merchantId", "posId", "sessionId", "amount", "originAmount", "currency"),
    *("orderId", "methodId", "statement"),
)
"""What each sign is made of, in the order in which it is; the CRC key comes last."""

NO_PAYMENT, ADVANCE, MADE, RETURNED = range(4)
_SAID = {
    NO_PAYMENT: ("no payment", PaymentStatus.CREATED),
    ADVANCE: ("advance payment", PaymentStatus.PENDING),  # paid, and ours once we have verified it
    MADE: ("payment made", PaymentStatus.PAID),
    RETURNED: ("payment returned", PaymentStatus.REFUSED),
}
_LARGEST_AMOUNT = 10**12 - 1
_LARGEST_ID = 2**63 - 1
_SESSION = re.compile(r"[A-Za-z0-9_-]{1,36}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_SIGN = re.compile(r"[0-9a-f]{96}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,200}")
_STATEMENT = re.compile(r".{0,1024}", re.DOTALL)
_MINUTE = re.compile(r"[0-9]{12}")
_DETAIL = re.compile(r"[\x20-\x7e]{1,64}")


@dataclass(frozen=True, slots=True)
class Transaction:
    """A payment as Przelewy24 describes it; ``origin_amount`` is what it was registered with, in grosze.
    ``paid_at``: only the answer to a question says it.
    """

    session: str
    order: int
    amount: int
    origin_amount: int
    currency: str
    status: int
    detail: Mapping[str, str]
    paid_at: datetime | None = None

    def as_news(self, said: str = "", status: PaymentStatus | None = None) -> ProvenNews:
        """News of it: what its status means unless something else has been proven."""
        word, meaning = _SAID[self.status]
        return ProvenNews(
            uuid=self.session,
            reference=self.session,
            status=status or meaning,
            amount=self.amount,
            currency=self.currency,
            said=said or word,
            detail=self.detail,
            paid_at=self.paid_at,
        )


def is_session(reference: str) -> bool:
    """Whether a text can be our name for a transaction: nothing that could leave its place in a path."""
    return bool(_SESSION.fullmatch(reference))


def sign(fields: Mapping[str, str | int], names: Sequence[str], crc: str) -> str:
    """SHA-384, in hexadecimal, of those fields and the CRC key as compact JSON with unescaped letters."""
    signed = {name: fields[name] for name in names} | {"crc": crc}
    whole = json.dumps(signed, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha384(whole.encode("utf-8", "surrogatepass")).hexdigest()


def claimed(document: Mapping[str, Any]) -> tuple[dict[str, str | int], str]:
    """What a notification says and the sign it bears, which nobody has compared yet."""
    fields: dict[str, str | int] = {
        "merchantId": whole_number(document, "merchantId", 1, _LARGEST_ID),
        "posId": whole_number(document, "posId", 1, _LARGEST_ID),
        "sessionId": text(document, "sessionId", _STATEMENT),
        "amount": whole_number(document, "amount", 0, _LARGEST_AMOUNT),
        "originAmount": whole_number(document, "originAmount", 0, _LARGEST_AMOUNT),
        "currency": text(document, "currency", _STATEMENT),
        "orderId": whole_number(document, "orderId", 0, _LARGEST_ID),
        "methodId": whole_number(document, "methodId", 0, _LARGEST_ID),
        "statement": text(document, "statement", _STATEMENT),
    }
    return fields, text(document, "sign", _SIGN)


def notified(fields: Mapping[str, str | int]) -> Transaction:
    """The transaction in a notification whose sign is right: somebody has paid for it."""
    return Transaction(
        session=text(fields, "sessionId", _SESSION),
        order=whole_number(fields, "orderId", 1, _LARGEST_ID),
        amount=whole_number(fields, "amount", 1, _LARGEST_AMOUNT),
        origin_amount=whole_number(fields, "originAmount", 1, _LARGEST_AMOUNT),
        currency=text(fields, "currency", _CURRENCY),
        status=ADVANCE,
        detail=_detail(fields["orderId"], fields["methodId"], fields["statement"]),
    )


def looked_up(status: int, document: Mapping[str, Any], session: str) -> Transaction:
    """The transaction in the answer to a question about ``session``."""
    if status != HTTPStatus.OK:
        raise ValueError("refused")
    data = inner(document, "data")
    if data.get("sessionId") != session:
        raise ValueError("sessionId")
    found = whole_number(data, "status", NO_PAYMENT, RETURNED)
    amount = whole_number(data, "amount", 1, _LARGEST_AMOUNT)
    paid = found in (ADVANCE, MADE)
    return Transaction(
        session=session,
        order=whole_number(data, "orderId", 1, _LARGEST_ID) if paid else 0,
        amount=amount,
        origin_amount=amount,
        currency=text(data, "currency", _CURRENCY),
        status=found,
        detail=_detail(data.get("orderId"), data.get("paymentMethod"), data.get("statement")),
        paid_at=_moment(data.get("dateOfTransaction")) if paid else None,
    )


def _moment(said: object) -> datetime | None:
    """``202603021000``: a minute in Warsaw."""
    try:
        return (
            datetime.strptime(said, "%Y%m%d%H%M").replace(tzinfo=WARSAW)
            if isinstance(said, str) and _MINUTE.fullmatch(said)
            else None
        )
    except ValueError:
        return None


def token(status: int, document: Mapping[str, Any]) -> str:
    """The name of a registered transaction's payment page."""
    if status not in (HTTPStatus.OK, HTTPStatus.CREATED) or document.get("responseCode") != 0:
        raise ValueError("refused")
    return text(inner(document, "data"), "token", _TOKEN)


def says_verified(document: Mapping[str, Any]) -> bool:
    """Whether the answer to a verification is that it succeeded."""
    return document.get("responseCode") == 0 and inner(document, "data").get("status") == "success"


def _detail(order: object, method: object, statement: object) -> dict[str, str]:
    candidates = {"order_id": order, "method": method, "statement": statement}
    return {
        name: str(value)
        for name, value in candidates.items()
        if type(value) in (int, str) and _DETAIL.fullmatch(str(value))
    }
