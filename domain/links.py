"""Signed links for people who have no log-in: unforgeable, and meaningless to anybody else."""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256

_MAC_BYTES = 15  # 120 bits: 20 characters of base64 without padding


def sign_id(purpose: str, number: int, key: bytes) -> str:
    """A URL-safe token for record ``number``, valid for one purpose only."""
    return f"{number}-{_mac(purpose, number, key)}"


def verify_id(purpose: str, token: str, key: bytes) -> int | None:
    """The record's number, or None when the token was not made by `sign_id` for that purpose and key."""
    number, _, mac = token.partition("-")
    if not (number.isascii() and number.isdecimal()) or len(number) > 18:  # noqa: PLR2004  (64-bit ids)
        return None
    genuine = hmac.compare_digest(mac.encode(), _mac(purpose, int(number), key).encode())
    return int(number) if genuine and str(int(number)) == number else None


def _mac(purpose: str, number: int, key: bytes) -> str:
    digest = hmac.digest(key, f"{purpose}:{number}".encode(), sha256)[:_MAC_BYTES]
    return urlsafe_b64encode(digest).decode("ascii")
