"""SMPP 3.4 as an SMSC reads and writes it, made from the specification and not from the gateway's code."""

import struct
from collections.abc import Callable
from dataclasses import dataclass

BIND_RECEIVER, BIND_TRANSMITTER, BIND_TRANSCEIVER = 0x01, 0x02, 0x09
SUBMIT_SM, DELIVER_SM, UNBIND, ENQUIRE_LINK, GENERIC_NACK = 0x04, 0x05, 0x06, 0x15, 0x80000000
RESPONSE = 0x80000000
OK, INVALID_LENGTH, INVALID_COMMAND, NOT_BOUND, ALREADY_BOUND = 0x00, 0x01, 0x03, 0x04, 0x05
SYSTEM_ERROR, INVALID_SOURCE, INVALID_DESTINATION, WRONG_PASSWORD, UNKNOWN_ID = 0x08, 0x0A, 0x0B, 0x0E, 0x0F
QUEUE_FULL, THROTTLED = 0x14, 0x58
GSM, LATIN, UCS2 = 0, 3, 8
HAS_HEADER, RECEIPT = 0x40, 0x04
LONGEST = 8192
_HEADER = struct.Struct(">IIII")

# TS 23.038, 6.2.1, column by column.
_COLUMNS = (
    "@£$¥èéùìòÇ\nØø\rÅå",
    "Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ",
    " !\"#¤%&'()*+,-./",
    "0123456789:;<=>?",
    "¡ABCDEFGHIJKLMNO",
    "PQRSTUVWXYZÄÖÑÜ§",
    "¿abcdefghijklmno",
    "pqrstuvwxyzäöñüà",
)
_AFTER_ESCAPE = {10: "\f", 20: "^", 40: "{", 41: "}", 47: "\\", 60: "[", 61: "~", 62: "]", 64: "|", 101: "€"}
_ESCAPE = 27


class Malformed(Exception):
    """What the other side sent is no SMPP."""


@dataclass(frozen=True)
class Submitted:
    """One submit_sm: ``header`` are the octets of the user data header with its length."""

    source: tuple[int, int, str]
    destination: tuple[int, int, str]
    registered: int
    coding: int
    header: bytes
    content: bytes

    @property
    def text(self) -> str:
        return decode(self.content, self.coding)


def pdu(command: int, status: int, sequence: int, body: bytes = b"") -> bytes:
    return _HEADER.pack(_HEADER.size + len(body), command, status, sequence) + body


def read_pdu(exactly: Callable[[int], bytes]) -> tuple[int, int, int, bytes]:
    """Command, status, sequence and body; ``exactly`` reads so many octets."""
    length, command, status, sequence = _HEADER.unpack(exactly(_HEADER.size))
    if not _HEADER.size <= length <= LONGEST:
        raise Malformed(f"length {length}")
    return command, status, sequence, exactly(length - _HEADER.size)


def strings(body: bytes, count: int) -> list[str]:
    """The first C-octet strings of a body."""
    parts = body.split(b"\0", count)
    if len(parts) <= count:
        raise Malformed("strings")
    return [part.decode("ascii") for part in parts[:count]]


def submitted(body: bytes) -> Submitted:
    """A submit_sm's body. Raises Malformed."""
    _, rest = _string(body)
    source, rest = _address(rest)
    destination, rest = _address(rest)
    esm_class, rest = rest[0], rest[3:]
    _, rest = _string(rest)
    _, rest = _string(rest)
    registered, _, coding, _, length = rest[:5]
    content = rest[5 : 5 + length]
    if len(content) != length or len(rest) != 5 + length:
        raise Malformed("short_message")
    head = content[: content[0] + 1] if esm_class & HAS_HEADER else b""
    return Submitted(source, destination, registered, coding, head, content[len(head) :])


def delivered(
    source: str, destination: str, content: bytes, *, coding: int = GSM, esm_class: int = 0, tlvs: bytes = b""
) -> bytes:
    """A deliver_sm's body; numbers are digits, which makes them international ones when they are long."""
    return b"".join(
        (
            b"\0",
            _written(source),
            _written(destination),
            bytes((esm_class, 0, 0)),
            b"\0\0",
            bytes((0, 0, coding, 0, len(content))),
            content,
            tlvs,
        )
    )


def tlv(tag: int, value: bytes) -> bytes:
    return struct.pack(">HH", tag, len(value)) + value


def decode(content: bytes, coding: int) -> str:
    """The text of octets. Raises Malformed for what a telephone could not show, half a character among it."""
    if coding == UCS2:
        try:
            return content.decode("utf-16-be")
        except UnicodeDecodeError as error:
            raise Malformed(str(error)) from None
    if coding != GSM:
        raise Malformed(f"coding {coding}")
    text, septets = "", iter(content)
    for septet in septets:
        if septet == _ESCAPE:
            following = next(septets, None)
            if following not in _AFTER_ESCAPE:
                raise Malformed("an escape before nothing")
            text += _AFTER_ESCAPE[following]
        elif septet < 128:  # noqa: PLR2004 - seven bits
            text += _COLUMNS[septet // 16][septet % 16]
        else:
            raise Malformed("no septet")
    return text


def encode(text: str) -> tuple[bytes, int]:
    """As a telephone writes: GSM-7 where it can, UCS-2 otherwise; octets and data coding."""
    flat = "".join(_COLUMNS)
    escaped = {character: code for code, character in _AFTER_ESCAPE.items()}
    if all(character in escaped or (character in flat and character != "\x1b") for character in text):
        octets = [bytes((27, escaped[c])) if c in escaped else bytes((flat.index(c),)) for c in text]
        return b"".join(octets), GSM
    return text.encode("utf-16-be"), UCS2


def _string(body: bytes) -> tuple[str, bytes]:
    text, found, rest = body.partition(b"\0")
    if not found:
        raise Malformed("no end of a string")
    return text.decode("ascii"), rest


def _address(body: bytes) -> tuple[tuple[int, int, str], bytes]:
    text, rest = _string(body[2:])
    return (body[0], body[1], text), rest


def _written(address: str) -> bytes:
    kind = 1 if address.isdigit() and len(address) > 6 else 0 if address.isdigit() else 5  # noqa: PLR2004
    return bytes((kind, 1 if address.isdigit() else 0)) + address.encode("ascii") + b"\0"
