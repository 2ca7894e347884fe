"""A column whose value is encrypted at rest (MultiFernet: the first key writes, every key reads)."""

from collections.abc import Callable

import sqlalchemy as sa
from cryptography.fernet import MultiFernet
from sqlalchemy.types import TypeDecorator

_cipher: list[Callable[[], MultiFernet]] = []


class EncryptionUnavailable(RuntimeError):
    """A secret was read or written before the composition root gave a key."""


def use_cipher(provider: Callable[[], MultiFernet]) -> None:
    """Called once by the composition root with something that gives the installation's cipher."""
    _cipher[:] = [provider]


class EncryptedText(TypeDecorator[str]):
    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else self._fernet().encrypt(value.encode()).decode("ascii")

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else self._fernet().decrypt(value.encode()).decode()

    @staticmethod
    def _fernet() -> MultiFernet:
        if not _cipher:
            raise EncryptionUnavailable("no encryption key: set SECRET_KEY")
        return _cipher[0]()
