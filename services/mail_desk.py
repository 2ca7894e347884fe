"""E-mail as the engine hands it over: an envelope and its bytes, on one SMTP connection."""

from types import TracebackType
from typing import Protocol, Self

from domain.outcomes import Outcome, Unavailable
from services.compose_mail import Envelope, Outgoing


class MailConnection(Protocol):
    """One connection to a mail server (gateways.smtp.SmtpSession)."""

    @property
    def usable(self) -> bool: ...
    def open(self) -> Unavailable | None: ...
    def send(self, envelope_from: str, recipient: str, payload: bytes) -> Outcome: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class MailDesk:
    """A connection whose every message has the same envelope sender."""

    def __init__(self, connection: MailConnection, envelope_from: str) -> None:
        self._connection = connection
        self._envelope_from = envelope_from

    @property
    def usable(self) -> bool:
        return self._connection.usable

    def open(self) -> Unavailable | None:
        return self._connection.open()

    def hand_over(self, _claim_id: int, _message: Outgoing, letter: Envelope) -> Outcome:
        """The server's answer to one message."""
        return self._connection.send(self._envelope_from, letter.recipient, letter.payload)

    def __enter__(self) -> Self:
        self._connection.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.__exit__(kind, error, trace)
