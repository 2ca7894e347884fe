"""The one normal form of an e-mail address, and the digest a block is keyed by."""

import hmac
import unicodedata
from hashlib import sha256


def normalise_email(address: str) -> str:
    """The form under which two spellings are the same mailbox.

    The domain is IDNA-encoded and lower-cased, the local part NFC-normalised and
    case-folded. Dots and plus tags stay: they are the provider's business. An address
    without an ``@`` is only folded, so that a malformed one still has an identity.
    """
    text = unicodedata.normalize("NFC", address.strip())
    local, at, domain = text.rpartition("@")
    if not at:
        return text.casefold()
    return f"{local.casefold()}@{_ascii_domain(domain)}"


def _ascii_domain(domain: str) -> str:
    try:
        return domain.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        return domain.casefold()


def address_digest(normalised: str, key: bytes) -> str:
    """HMAC-SHA-256 of a normalised address, 64 hexadecimal digits.

    Kept instead of the address where a block has to survive the erasure of the client.
    """
    return hmac.new(key, normalised.encode("utf-8", "surrogatepass"), sha256).hexdigest()
