"""What the KSeF stand-in checks in a document that it was sent (CIRFMF/ksef-docs, faktury/weryfikacja-
faktury.md), and the number it gives.
"""

import base64
import hashlib
import secrets
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from ksef_client.documents.fa3 import validate_fa3_xml_xsd
from lxml import etree  # type: ignore[import-untyped]

LARGEST_DOCUMENT = 1024 * 1024
_FA = "{http://crd.gov.pl/wzor/2025/06/25/13775/}"
_WARSAW = ZoneInfo("Europe/Warsaw")
_PATHS = {
    "seller": "Podmiot1/DaneIdentyfikacyjne/NIP",
    "kind": "Fa/RodzajFaktury",
    "number": "Fa/P_2",
    "issued": "Fa/P_1",
    "gross": "Fa/P_15",
}


class Fault(Exception):
    """A document that is refused: KSeF's code, and what is wrong."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


def checked(request: dict[str, Any], key: bytes, iv: bytes) -> bytes:
    """The document in a request: sizes and digests hold, it can be opened, and it follows the XSD. Raises
    Fault.
    """
    sealed = decoded(str(request.get("encryptedInvoiceContent", "")))
    if not _fits(sealed, request, "encryptedInvoice"):
        raise Fault(430, "Skrót lub rozmiar zaszyfrowanej faktury nie zgadza się")
    content = _unsealed(sealed, key, iv)
    if not _fits(content, request, "invoice") or len(content) > LARGEST_DOCUMENT:
        raise Fault(430, "Skrót lub rozmiar faktury nie zgadza się")
    try:
        validate_fa3_xml_xsd(content)
    except ValueError as error:
        raise Fault(450, str(error)[:300]) from error
    return content


def facts_of(content: bytes) -> dict[str, str]:
    """What a document is known by: seller, kind, number, issued, gross."""
    root = etree.fromstring(content)
    return {
        name: root.findtext("/".join(_FA + one for one in path.split("/"))) for name, path in _PATHS.items()
    }


def check_facts(facts: dict[str, str], nip: str, came_at: datetime) -> None:
    """Raise Fault for a document of tomorrow or of another seller."""
    if facts["issued"] > f"{came_at.astimezone(_WARSAW):%Y-%m-%d}":
        raise Fault(450, "Data wystawienia późniejsza niż data przyjęcia")
    if facts["seller"] != nip:
        raise Fault(410, "NIP sprzedawcy nie jest NIP-em kontekstu")


def decoded(text: str) -> bytes:
    """The bytes of Base64; none for what is not."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


def ksef_number(nip: str, moment: datetime) -> str:
    """NIP, day, twelve hexadecimal digits and the CRC-8 (polynomial 07) of the 32 characters before it."""
    plain = f"{nip}-{moment.astimezone(_WARSAW):%Y%m%d}-{secrets.token_hex(6).upper()}"
    rest = 0
    for octet in plain.encode():
        rest ^= octet
        for _ in range(8):
            rest = ((rest << 1) ^ 0x07) & 0xFF if rest & 0x80 else rest << 1
    return f"{plain}-{rest:02X}"


def _fits(content: bytes, request: dict[str, Any], name: str) -> bool:
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    return bool(request[f"{name}Hash"] == digest and request[f"{name}Size"] == len(content))


def _unsealed(sealed: bytes, key: bytes, iv: bytes) -> bytes:
    try:
        opener = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
        stripper = padding.PKCS7(128).unpadder()
        padded = opener.update(sealed) + opener.finalize()
        return stripper.update(padded) + stripper.finalize()
    except ValueError as error:
        raise Fault(435, "Nie można odszyfrować") from error
