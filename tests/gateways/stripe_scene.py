"""A payment page as Stripe knows it, and its events as Stripe signs them."""

from typing import Any

from hypothesis import strategies as st

from gateways.stripe_checkout import StripeGateway, StripeSettings
from tests.stripe_peer import SECRET_KEY, WEBHOOK_SECRET

UUID = "5f1c9f5e-0c1b-4c62-9f0e-0a5a1d0c6b11"
NAME = "cs_test_a1b2c3"
NOWHERE = StripeSettings(SECRET_KEY, WEBHOOK_SECRET, "http://127.0.0.1:9", timeout_seconds=0.3)
GATEWAY = StripeGateway(NOWHERE)
SESSION: dict[str, Any] = {
    "id": NAME,
    "object": "checkout.session",
    "mode": "payment",
    "amount_total": 10_000,
    "currency": "pln",
    "client_reference_id": UUID,
    "metadata": {"goniec_payment": UUID},
    "payment_intent": "pi_3",
    "payment_status": "paid",
    "status": "complete",
    "url": "https://checkout.stripe.com/c/pay/cs_test_a1b2c3#fid%3D",
}
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=50),
    lambda more: st.lists(more, max_size=3) | st.dictionaries(st.text(max_size=9), more, max_size=3),
)
