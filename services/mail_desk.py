"""E-mail as the engine hands it over: an envelope and its bytes, on one SMTP connection."""

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Protocol, Self

from domain.errors import DomainError
from domain.outcomes import Outcome, Refused, Unavailable
from services.compose_mail import Envelope, Outgoing


class MailConnection(Protocol):
    """One connection to a mail server (gateways.smtp.SmtpSession)."""

    @property
    def usable(self) -> bool: ...
    def open(self) -> Unavailable | None: ...
    def send(
        self, envelope_from: str, recipient: str, payload: bytes, meanwhile: Callable[[], None]
    ) -> Outcome: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class MailDesk:
    """A connection, and the envelope sender of each message by its id: where its bounce comes back to."""

    def __init__(self, connection: MailConnection, envelope_from: Callable[[int], str]) -> None:
        self._connection = connection
        self._envelope_from = envelope_from

    @property
    def usable(self) -> bool:
        return self._connection.usable

    def open(self) -> Unavailable | None:
        return self._connection.open()

    def prepared(
        self, _claim_id: int, composed: Iterator[tuple[Outgoing, Envelope | DomainError]]
    ) -> Iterator[tuple[Outgoing, Envelope | Refused]]:
        """Each message as it was composed; what could not be composed is refused."""
        for message, letter in composed:
            yield message, Refused("", str(letter)) if isinstance(letter, DomainError) else letter

    def hand_over(
        self, message: Outgoing, letter: Envelope | Refused, meanwhile: Callable[[], None]
    ) -> Outcome:
        """The server's answer to one message; the next one is composed while the server makes up its mind."""
        if isinstance(letter, Refused):
            return letter
        sender = self._envelope_from(message.id)
        return self._connection.send(sender, letter.recipient, letter.payload, meanwhile)

    def __enter__(self) -> Self:
        self._connection.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.__exit__(kind, error, trace)
