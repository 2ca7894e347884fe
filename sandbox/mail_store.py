"""Caught mail in one SQLite file, readable by other processes while the sink writes."""

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Self, cast

_SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY, received_at TEXT NOT NULL, mail_from TEXT NOT NULL, raw BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS recipient (
    message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE, address TEXT NOT NULL,
    PRIMARY KEY (message_id, address)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ix_recipient_address ON recipient (address);
"""


@dataclass(frozen=True, slots=True)
class CaughtMail:
    """One message as it came off the wire; ``received_at`` is UTC, addresses are lower case."""

    id: int
    received_at: datetime
    mail_from: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)


class MailStore:
    """The mail in ``directory``; a caught message is committed when ``add`` returns.

    It survives the death of the process at once; of the machine, as SQLite's WAL mode does.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._database = sqlite3.connect(directory / "mail.sqlite", timeout=30, check_same_thread=False)
        self._database.executescript(f"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; {_SCHEMA}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._database:
            yield self._database

    def add(self, mail_from: str, recipients: Iterable[str], raw: bytes) -> int:
        """Store one message and return its id."""
        with self._transaction() as database:
            cursor = database.execute(
                "INSERT INTO message (received_at, mail_from, raw) VALUES (?, ?, ?)",
                (datetime.now(UTC).isoformat(timespec="milliseconds"), mail_from, raw),
            )
            message_id = cast(int, cursor.lastrowid)
            database.executemany(
                "INSERT OR IGNORE INTO recipient VALUES (?, ?)",
                [(message_id, address.lower()) for address in recipients],
            )
        return message_id

    def messages(self, to: str = "", limit: int = 200, before: int | None = None) -> list[CaughtMail]:
        """Newest first; ``to`` is any part of a recipient's address, ``before`` an id to page from."""
        with self._transaction() as database:
            rows = database.execute(
                "SELECT id, received_at, mail_from, raw FROM message WHERE (:before IS NULL OR id < :before)"
                " AND (:to = '' OR id IN (SELECT message_id FROM recipient WHERE instr(address, :to)))"
                " ORDER BY id DESC LIMIT :limit",
                {"to": to.strip().lower(), "limit": limit, "before": before},
            ).fetchall()
            return [self._caught(database, row) for row in rows]

    def get(self, message_id: int) -> CaughtMail | None:
        with self._transaction() as database:
            row = database.execute(
                "SELECT id, received_at, mail_from, raw FROM message WHERE id = ?", (message_id,)
            ).fetchone()
            return self._caught(database, row) if row else None

    def count(self) -> int:
        """How many messages were caught."""
        with self._transaction() as database:
            return int(database.execute("SELECT count(*) FROM message").fetchone()[0])

    def counts_by_recipient(self) -> dict[str, int]:
        """How many messages each address (lower case) was sent."""
        with self._transaction() as database:
            return dict(database.execute("SELECT address, count(*) FROM recipient GROUP BY address"))

    def clear(self) -> None:
        """Forget all mail."""
        with self._transaction() as database:
            database.execute("DELETE FROM recipient")
            database.execute("DELETE FROM message")

    @staticmethod
    def _caught(database: sqlite3.Connection, row: tuple[int, str, str, bytes]) -> CaughtMail:
        message_id, received_at, mail_from, raw = row
        addresses = database.execute(
            "SELECT address FROM recipient WHERE message_id = ? ORDER BY address", (message_id,)
        )
        recipients = tuple(address for (address,) in addresses)
        return CaughtMail(message_id, datetime.fromisoformat(received_at), mail_from, recipients, raw)
