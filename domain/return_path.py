"""Where a message's bounce comes back to: an address that names the message and cannot be guessed (VERP).

Servers may change the case of a local part (RFC 5321 2.4 leaves it to them), so the signature has none.
"""

import hmac
import re
from base64 import b32encode
from collections.abc import Iterable
from hashlib import sha256

_MAC_BYTES = 10  # 80 bits: 16 characters of base32
_TOKEN = re.compile(r"\+([0-9]{1,18})-([a-z2-7]{16})@", re.IGNORECASE)


def return_path(base: str, message_id: int, key: bytes) -> str:
    """``bounce@firma.example`` for message 12: ``bounce+12-abcdefghijklmnop@firma.example``."""
    local, _, domain = base.rpartition("@")
    return f"{local}+{message_id}-{_mac(message_id, key)}@{domain}"


def message_of_return_path(addresses: Iterable[str], key: bytes) -> int | None:
    """The message that the first genuine return path among these texts was made for; none for forgeries."""
    for text in addresses:
        for number, mac in _TOKEN.findall(text[:4000]):
            if hmac.compare_digest(mac.lower(), _mac(int(number), key)):
                return int(number)
    return None


def _mac(number: int, key: bytes) -> str:
    digest = hmac.digest(key, f"bounce:{number}".encode(), sha256)[:_MAC_BYTES]
    return b32encode(digest).decode("ascii").lower()
