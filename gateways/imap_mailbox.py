"""A mailbox on an IMAP server, read by UIDVALIDITY and UID alone: flags are the server's and other people's.

imap-tools carries the connection; each message's own bytes are asked for, because what was parsed and written
again is no longer what came.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from imaplib import IMAP4
from types import TracebackType
from typing import Self

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError

from domain.errors import DomainError
from gateways.smtp_settings import Security

LARGEST_MAIL = 1024 * 1024
"""Bytes read of one message: what a bounce says stands before the message it returns."""


class MailboxUnavailable(DomainError):
    """Parameter: ``why``, the server's words."""

    message = "The mailbox cannot be read: %(why)s"


@dataclass(frozen=True, slots=True)
class ImapSettings:
    """Where and as whom to fetch; ``timeout_seconds`` is for each wait."""

    host: str
    port: int
    security: Security
    username: str
    password: str = field(default="", repr=False)
    timeout_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class FetchedMail:
    """A message's UID and its first LARGEST_MAIL bytes as they came."""

    uid: int
    raw: bytes


_BOXES: dict[Security, Callable[..., BaseMailBox]] = {
    Security.TLS: MailBox,
    Security.STARTTLS: MailBoxStartTls,
    Security.NONE: MailBoxUnencrypted,
}
_FAILURES = (IMAP4.error, ImapToolsError, OSError, ValueError, UnicodeError)


class ImapMailbox:
    """One connection with one folder open, read only. Every method raises MailboxUnavailable."""

    def __init__(self, settings: ImapSettings, folder: str = "INBOX") -> None:
        self._settings = settings
        self._folder = folder
        self._box: BaseMailBox | None = None

    def __enter__(self) -> Self:
        given = self._settings
        try:
            box = _BOXES[given.security](given.host, port=given.port, timeout=given.timeout_seconds)
            self._box = box
            box.login(given.username, given.password, initial_folder=None)
            box.folder.set(self._folder, readonly=True)
        except _FAILURES as error:
            self._close()
            raise MailboxUnavailable(why=_words(error)) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def uidvalidity(self) -> int:
        """The generation of the folder's UIDs: another one makes all of them new (RFC 3501 2.3.1.1)."""
        try:
            return int(self._open().folder.status(self._folder, ["UIDVALIDITY"])["UIDVALIDITY"])
        except (*_FAILURES, KeyError) as error:
            raise MailboxUnavailable(why=_words(error)) from error

    def uids_from(self, first: int) -> list[int]:
        """The UIDs from ``first`` on, in order."""
        try:
            found = self._open().uids(f"UID {first}:*")
            # "n:*" names the last message even when its UID is smaller (RFC 3501 6.4.8).
            return sorted(uid for uid in map(int, found) if uid >= first)
        except _FAILURES as error:
            raise MailboxUnavailable(why=_words(error)) from error

    def messages(self, uids: list[int]) -> Iterator[FetchedMail]:
        """Each message in order; one that is gone since is left out. Lazily: one is held at a time."""
        for uid in uids:
            try:
                _status, data = self._open().client.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{LARGEST_MAIL}>)")
            except _FAILURES as error:
                raise MailboxUnavailable(why=_words(error)) from error
            raw = next((each[1] for each in data or () if isinstance(each, tuple)), None)
            if raw is not None:
                yield FetchedMail(uid, bytes(raw))

    def _open(self) -> BaseMailBox:
        if self._box is None:
            raise MailboxUnavailable(why="no connection")
        return self._box

    def _close(self) -> None:
        box, self._box = self._box, None
        if box is None:
            return
        try:
            box.logout()
        except _FAILURES:
            box.client.shutdown()


def _words(error: BaseException) -> str:
    text = " ".join(str(error).split())[:300]
    return text or type(error).__name__
