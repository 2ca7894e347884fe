"""Addresses that name a message and cannot be guessed: where its bounce (VERP) and its answers come back to.

Servers may change the case of a local part (RFC 5321 2.4 leaves it to them), so the signature has none.
"""

import hmac
import re
from base64 import b32encode
from collections.abc import Iterable
from hashlib import sha256

_BOUNCE, _ANSWER = "bounce", "answer"
_MAC_BYTES = 10  # 80 bits: 16 characters of base32
_LONGEST_LOCAL_PART, _LONGEST_ADDRESS = 64, 254  # RFC 5321 4.5.3.1.1 and 4.5.3.1.3
_TOKEN_ROOM = len("+0123456789-abcdefghijklmnop")
LONGEST_BASE_LOCAL_PART = _LONGEST_LOCAL_PART - _TOKEN_ROOM
LONGEST_BASE = _LONGEST_ADDRESS - _TOKEN_ROOM
_TOKEN = re.compile(r"\+([0-9]{1,18})-([a-z2-7]{16})@", re.IGNORECASE)


def takes_tokens(base: str) -> bool:
    """Whether there is room before the @ of ``base`` for what names a message, up to the ten billionth."""
    return _fits(base, _TOKEN_ROOM)


def return_path(base: str, message_id: int, key: bytes) -> str:
    """``bounce@firma.example`` for message 12: ``bounce+12-abcdefghijklmnop@firma.example``.

    ``base`` itself where that would be longer than servers take: what returns then names no message.
    """
    return _address(_BOUNCE, base, message_id, key)


def message_of_return_path(addresses: Iterable[str], key: bytes) -> int | None:
    """The message that the first genuine return path among these texts was made for; none for forgeries."""
    return _message(_BOUNCE, addresses, key)


def answer_address(base: str, message_id: int, key: bytes) -> str:
    """The Reply-To of a message, of the same shape and limit; neither is good in the other's place."""
    return _address(_ANSWER, base, message_id, key)


def message_of_answer_address(addresses: Iterable[str], key: bytes) -> int | None:
    """As `message_of_return_path`, for the address that answers come to."""
    return _message(_ANSWER, addresses, key)


def without_token(address: str) -> str:
    """The address that such an address was made from; any other as it is. Its signature is not looked at."""
    return _TOKEN.sub("@", address)


def _address(purpose: str, base: str, message_id: int, key: bytes) -> str:
    local, _, domain = base.rpartition("@")
    token = f"+{message_id}-{_mac(purpose, message_id, key)}"
    return f"{local}{token}@{domain}" if _fits(base, len(token)) else base


def _fits(base: str, more: int) -> bool:
    return len(base.rpartition("@")[0]) + more <= _LONGEST_LOCAL_PART and len(base) + more <= _LONGEST_ADDRESS


def _message(purpose: str, addresses: Iterable[str], key: bytes) -> int | None:
    for text in addresses:
        for number, mac in _TOKEN.findall(text[:4000]):
            if hmac.compare_digest(mac.lower(), _mac(purpose, int(number), key)):
                return int(number)
    return None


def _mac(purpose: str, number: int, key: bytes) -> str:
    digest = hmac.digest(key, f"{purpose}:{number}".encode(), sha256)[:_MAC_BYTES]
    return b32encode(digest).decode("ascii").lower()
