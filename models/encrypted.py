"""A column whose value is encrypted at rest (MultiFernet: the first key writes, every key reads)."""

from collections.abc import Callable

import sqlalchemy as sa
from cryptography.fernet import InvalidToken, MultiFernet
from sqlalchemy.types import TypeDecorator

from domain.errors import DomainError

_cipher: list[Callable[[], MultiFernet]] = []


class SecretUnreadable(DomainError):
    message = "A stored password cannot be read or kept: SECRET_KEY is not set, or it has changed."


def use_cipher(provider: Callable[[], MultiFernet]) -> None:
    """Called once by the composition root with something that gives the installation's cipher."""
    _cipher[:] = [provider]


class EncryptedText(TypeDecorator[str]):
    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else self._fernet().encrypt(value.encode()).decode("ascii")

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> str | None:
        try:
            return None if value is None else self._fernet().decrypt(value.encode()).decode()
        except InvalidToken as error:
            raise SecretUnreadable from error

    @staticmethod
    def _fernet() -> MultiFernet:
        if not _cipher:
            raise SecretUnreadable
        return _cipher[0]()
