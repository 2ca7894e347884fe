"""Signed links for people who have no log-in: unforgeable, and meaningless to anybody else."""

import hmac
from base64 import urlsafe_b64encode
from datetime import date
from hashlib import sha256

from domain.errors import DomainError

_MAC_BYTES = 15  # 120 bits: 20 characters of base64 without padding


class LinkExpired(DomainError):
    message = "This link has expired. Open it from a newer message, or ask us for a new one."


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


def sign_until(purpose: str, number: int, last_day: date, key: bytes) -> str:
    """A token as `sign_id` makes it, valid up to and including ``last_day``."""
    day = last_day.toordinal()
    return f"{day}-{sign_id(f'{purpose}:{day}', number, key)}"


def verify_until(purpose: str, token: str, key: bytes, today: date) -> int | None:
    """The record's number, None when `sign_until` did not make the token. Raises LinkExpired."""
    day, _, rest = token.partition("-")
    number = verify_id(f"{purpose}:{day}", rest, key)
    if number is not None and int(day) < today.toordinal():  # whoever signed it wrote the day
        raise LinkExpired
    return number


def _mac(purpose: str, number: int, key: bytes) -> str:
    digest = hmac.digest(key, f"{purpose}:{number}".encode(), sha256)[:_MAC_BYTES]
    return urlsafe_b64encode(digest).decode("ascii")
