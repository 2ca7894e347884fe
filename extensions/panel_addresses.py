"""Addresses of pages, for those who have no routes to ask: a worker, a command. A test compares the two."""

from models.payment import PaymentGateway
from services.top_up import Addresses


def top_up_page(base_url: str) -> str:
    """Where the SMS account is topped up."""
    return f"{base_url}/admin/payment/top-up/"


def payment_addresses(base_url: str, kind: PaymentGateway) -> Addresses:
    """Where the payer comes back to, and where the service reports to."""
    return Addresses(
        continue_url=f"{base_url}/admin/payment/back/{{uuid}}",
        notify_url=f"{base_url}/payments/{kind.value}/news",
    )
