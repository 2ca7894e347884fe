"""The installation's cipher for secrets in columns, derived from SECRET_KEY."""

from base64 import urlsafe_b64encode
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


@lru_cache(maxsize=4)
def cipher_from(secret_key: str) -> MultiFernet:
    """Keys from a comma-separated SECRET_KEY: the first encrypts, all of them decrypt (rotation)."""
    return MultiFernet([Fernet(_key(part)) for part in secret_key.split(",") if part])


def _key(secret: str) -> bytes:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"goniec columns").derive(secret.encode())
    return urlsafe_b64encode(derived)
