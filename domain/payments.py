"""The life of a top-up: what each piece of news does to it, whatever the order it comes in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from domain.errors import DomainError

SMALLEST_TOP_UP = 1_000
LARGEST_TOP_UP = 100_000
"""Grosze; the manual allows any amount from 10 to 1000 zł (001_f98235051ea960ea.txt, PŁATNOŚĆ)."""


class PaymentStatus(StrEnum):
    CREATED = "created"
    PENDING = "pending"
    PAID = "paid"
    REFUSED = "refused"
    FAILED = "failed"


class AmountOutOfRange(DomainError):
    message = "You can top up with any amount from 10 to 1000 PLN."


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """What is asked of a gateway; ``amount`` in grosze, ``uuid`` our own reference."""

    uuid: str
    amount: int
    description: str
    buyer_email: str
    customer_ip: str
    continue_url: str
    notify_url: str


@dataclass(frozen=True, slots=True)
class PaymentStarted:
    """Where the payer goes next; ``reference`` is the gateway's name for the payment."""

    reference: str
    redirect_url: str


@dataclass(frozen=True, slots=True)
class ProvenNews:
    """What a gateway has proven to say about a payment; ``amount`` in grosze, ``said`` in its own word.

    ``paid_at`` is when it got the money, where it says so: the news may come days later.
    """

    uuid: str
    reference: str
    status: PaymentStatus
    amount: int
    currency: str
    said: str
    detail: Mapping[str, Any]
    paid_at: datetime | None = None


def check_top_up(grosze: int) -> None:
    """Raise AmountOutOfRange for an amount that is not for sale."""
    if not SMALLEST_TOP_UP <= grosze <= LARGEST_TOP_UP:
        raise AmountOutOfRange


def status_after(current: PaymentStatus, said: PaymentStatus) -> PaymentStatus:
    """The state after verified news: paid is final, and a payment refused once may still be paid."""
    if current is PaymentStatus.PAID:
        return current
    if said is PaymentStatus.CREATED:
        return current
    if said is PaymentStatus.PENDING and current in (PaymentStatus.REFUSED, PaymentStatus.FAILED):
        return current
    return said


def moment_of_payment(said: datetime | None, *, created: datetime, heard: datetime) -> datetime:
    """When the payer paid: what the gateway says, unless that was before the payment was or is yet to come;
    then it is worth nothing, and the moment we heard of it counts.
    """
    return said if said is not None and created <= said <= heard else heard
