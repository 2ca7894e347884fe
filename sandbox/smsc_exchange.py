"""What the SMSC stand-in keeps of its connections, its texts and what it was told to do wrong."""

import socket
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

from sandbox import smpp_pdus as smpp
from sandbox.smpp_pdus import Malformed, Submitted

_MULTIPART = b"\x05\x00\x03"


class Trouble(StrEnum):
    """What can go wrong with a part, on demand."""

    THROTTLED = "throttled"
    QUEUE_FULL = "queue_full"
    SYSTEM_ERROR = "system_error"
    INVALID_DESTINATION = "invalid_destination"
    INVALID_SOURCE = "invalid_source"
    HANG = "hang"  # taken, and the answer withheld until it behaves
    DROP_BEFORE = "drop_before"  # the connection is closed and nothing taken
    DROP_AFTER = "drop_after"  # taken, and the connection closed without an answer
    UNBIND = "unbind"  # it says good-bye in place of an answer
    NACK = "nack"  # generic_nack
    GARBAGE = "garbage"


STATUSES = {
    Trouble.THROTTLED: smpp.THROTTLED,
    Trouble.QUEUE_FULL: smpp.QUEUE_FULL,
    Trouble.SYSTEM_ERROR: smpp.SYSTEM_ERROR,
    Trouble.INVALID_DESTINATION: smpp.INVALID_DESTINATION,
    Trouble.INVALID_SOURCE: smpp.INVALID_SOURCE,
}


@dataclass
class Rule:
    trouble: Trouble
    times: int | None
    skip: int


@dataclass(frozen=True)
class Text:
    """A whole text as a telephone shows it; ``ids`` are its parts' names, ``parts`` what came."""

    number: str
    sender: str
    text: str
    ids: tuple[str, ...]
    parts: tuple[Submitted, ...]


@dataclass
class Session:
    """One connection; everything sent over it goes through ``say``."""

    stream: socket.socket
    bound: bool = False
    answers: dict[int, int] = field(default_factory=dict)
    writing: threading.Lock = field(default_factory=threading.Lock)

    def say(self, octets: bytes) -> None:
        with self.writing, suppress(OSError):
            self.stream.sendall(octets)

    def exactly(self, count: int) -> bytes:
        octets = b""
        while len(octets) < count:
            chunk = self.stream.recv(count - len(octets))
            if not chunk:
                raise ConnectionError
            octets += chunk
        return octets

    def close(self) -> None:
        with suppress(OSError):
            self.stream.shutdown(socket.SHUT_RDWR)
        self.stream.close()


def whole_texts(parts: Mapping[str, Submitted]) -> list[Text]:
    """The texts of which every part has come, as a telephone joins them. Raises Malformed."""
    torsos: dict[tuple[str, str, int, int], dict[int, tuple[str, Submitted]]] = {}
    texts: list[Text] = []
    for name, part in parts.items():
        if not part.header:
            texts.append(_joined([(name, part)]))
            continue
        if part.header[:3] != _MULTIPART:
            raise Malformed("header")
        number, total, place = part.header[3:]
        key = (part.source[2], part.destination[2], number, total)
        torso = torsos.setdefault(key, {})
        torso[place] = (name, part)
        if len(torso) == total:
            texts.append(_joined([torso[place] for place in sorted(torsos.pop(key))]))
    return texts


def _joined(parts: Sequence[tuple[str, Submitted]]) -> Text:
    first = parts[0][1]
    return Text(
        number=first.destination[2],
        sender=first.source[2],
        text="".join(part.text for _, part in parts),
        ids=tuple(name for name, _ in parts),
        parts=tuple(part for _, part in parts),
    )
