"""What every payment gateway is to its callers: three questions, and three ways for news to be none."""

from collections.abc import Mapping
from typing import Protocol

from domain.payments import PaymentOrder, PaymentStarted, ProvenNews

LARGEST_BODY = 64 * 1024
"""Bytes, of an answer and of a notification; real ones have one to five thousand."""


class ForgedNotification(Exception):
    """Nothing proves that the service said it: answer with a refusal and change nothing."""


class UnreadableNotification(Exception):
    """The service signed it, but it is no news of an order (a refund's, for one); the text names what is
    amiss.
    """


class NotProvenYet(Exception):
    """The service signed it, but could not be asked for the proof that has to follow: it may say it again."""


class PaymentService(Protocol):
    """One payment service. Nothing but `read_notification` raises, and that only what stands above."""

    def start(self, order: PaymentOrder) -> PaymentStarted | None:
        """Order a payment of ``order.amount`` grosze; None when the service did not say that it has begun."""
        ...

    def ask(self, reference: str) -> ProvenNews | None:
        """How a payment stands now, from the service itself; None when that cannot be told."""
        ...

    def read_notification(self, headers: Mapping[str, str], body: bytes) -> ProvenNews:
        """What the service reports; the names of ``headers`` are in lower case, ``body`` is raw."""
        ...
