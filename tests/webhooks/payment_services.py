"""The three payment protocols as one interface for tests: what a payer does, and what is posted to us."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from gateways.payment_service import PaymentService
from gateways.payu import PayuGateway
from gateways.przelewy24 import Przelewy24Gateway
from gateways.stripe_checkout import StripeGateway
from models.payment import Payment, PaymentGateway
from sandbox import paywall
from sandbox.paywall_orders import signature_header
from tests import przelewy24_peer, stripe_peer

Post = tuple[dict[str, str], bytes]
"""The headers and the body of a notification."""


class Service(Protocol):
    """``gateway`` is ours; the rest is what the other side does."""

    kind: PaymentGateway
    gateway: PaymentService

    def pay(self, payment: Payment) -> None: ...

    def news(self, payment: Payment, key: str = "", **changed: Any) -> Post:
        """That it was paid, signed with the right key or another; changes: ``amount``, ``currency``."""
        ...

    def other_news(self, payment: Payment) -> Post:
        """Signed news that it was not paid (yet)."""
        ...


@dataclass
class Payu:
    wall: paywall.Paywall
    kind = PaymentGateway.PAYU

    def __post_init__(self) -> None:
        self.gateway: PaymentService = PayuGateway(self.wall.settings)

    def pay(self, payment: Payment) -> None:
        self.wall.act(payment.reference, "pay")

    def news(self, payment: Payment, key: str = "", status: str = "COMPLETED", **changed: Any) -> Post:
        order = self.wall.till.get(payment.reference)
        assert order is not None
        named = {"amount": "totalAmount", "currency": "currencyCode"}
        changes = {named[name]: str(value) for name, value in changed.items()}
        body = json.dumps({"order": order.as_json() | {"status": status} | changes}).encode()
        return {"OpenPayu-Signature": signature_header(body, key or self.wall.settings.second_key)}, body

    def other_news(self, payment: Payment) -> Post:
        return self.news(payment, status="PENDING")


@dataclass
class Przelewy24:
    peer: przelewy24_peer.Przelewy24
    kind = PaymentGateway.PRZELEWY24

    def __post_init__(self) -> None:
        self.gateway: PaymentService = Przelewy24Gateway(self.peer.settings)

    def pay(self, payment: Payment) -> None:
        self.peer.pay(payment.reference)

    def news(self, payment: Payment, key: str = "", **changed: Any) -> Post:
        return {}, self.peer.notification(payment.reference, key or przelewy24_peer.CRC, **changed)

    def other_news(self, payment: Payment) -> Post:
        return self.news(payment, orderId=1)


@dataclass
class Stripe:
    peer: stripe_peer.Stripe
    kind = PaymentGateway.STRIPE

    def __post_init__(self) -> None:
        self.gateway: PaymentService = StripeGateway(self.peer.settings)

    def pay(self, payment: Payment) -> None:
        self.peer.pay(payment.reference)

    def news(
        self, payment: Payment, key: str = "", kind: str = stripe_peer.COMPLETED, **changed: Any
    ) -> Post:
        named = {"amount": "amount_total", "currency": "currency", "payment_status": "payment_status"}
        changes = {"payment_status": "paid"} | {
            named[name]: value.lower() if isinstance(value, str) else value for name, value in changed.items()
        }
        body = self.peer.event(payment.reference, kind, **changes)
        return {"Stripe-Signature": stripe_peer.signature(body, key or stripe_peer.WEBHOOK_SECRET)}, body

    def other_news(self, payment: Payment) -> Post:
        return self.news(payment, payment_status="unpaid")


@contextmanager
def running(kind: PaymentGateway) -> Iterator[Service]:
    """The other end of one gateway, on a real socket."""
    if kind is PaymentGateway.PAYU:
        with paywall.running(pauses=()) as wall:
            yield Payu(wall)
    elif kind is PaymentGateway.PRZELEWY24:
        with przelewy24_peer.running() as przelewy24:
            yield Przelewy24(przelewy24)
    else:
        with stripe_peer.running() as stripe:
            yield Stripe(stripe)
