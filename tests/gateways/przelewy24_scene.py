"""Notifications as Przelewy24 signs them."""

import json
from typing import Any

from gateways.przelewy24 import Przelewy24Settings
from tests.przelewy24_peer import API_KEY, CRC, MERCHANT, POS, notification_sign

UUID = "5f1c9f5e-0c1b-4c62-9f0e-0a5a1d0c6b11"
NOWHERE = Przelewy24Settings("http://127.0.0.1:9", MERCHANT, POS, API_KEY, CRC, timeout_seconds=0.3)
NEWS: dict[str, Any] = {
    "merchantId": MERCHANT,
    "posId": POS,
    "sessionId": UUID,
    "amount": 10_000,
    "originAmount": 10_000,
    "currency": "PLN",
    "orderId": 300_000_000_000,
    "methodId": 154,
    "statement": "p24-A12-B34-C56",
}


def signed(news: dict[str, Any], crc: str = CRC) -> bytes:
    return json.dumps(news | {"sign": notification_sign(news, crc)}).encode()


GOOD = signed(NEWS)
