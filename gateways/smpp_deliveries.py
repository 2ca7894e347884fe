"""What an SMSC hands to us over SMPP (``deliver_sm``), read strictly: receipts, and texts or pieces of them.

Source: SMPP 3.4, 4.6 (deliver_sm), 5.2.12 (esm_class), 5.2.19 (data_coding), 5.2.28 (message_state), 5.3.2
(TLVs) and appendix B (the text of a receipt, vendor specific, in the form that became usual). A receipt's
``done date`` has no time zone, so no moment is read from it.
"""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from domain.delivery import DeliveryState
from domain.gsm_alphabet import decode_gsm
from domain.text_messages import DeliveryReport, IncomingText

_RECEIPTED_ID, _MESSAGE_PAYLOAD, _MESSAGE_STATE = 0x001E, 0x0424, 0x0427
_SAR_NUMBER, _SAR_TOTAL, _SAR_PLACE = 0x020C, 0x020E, 0x020F
_TYPE_BITS, _RECEIPT, _INTERMEDIATE, _HAS_HEADER = 0b0011_1100, 0b0000_0100, 0b0010_0000, 0b0100_0000
_NUMBERED_8, _NUMBERED_16 = (0x00, 3), (0x08, 4)
_ALPHANUMERIC = 5
_LATIN = frozenset({0x01, 0x03})
_UCS2 = frozenset({0x08, 0x18, 0x19})
_FIELD = re.compile(r"\b(id|stat):\s*([^\s]{1,65})", re.IGNORECASE)
_THEIR_ID = re.compile(r"[\x21-\x7e]{1,65}")
_STATES: Mapping[int, str] = {
    1: "ENROUTE",
    2: "DELIVRD",
    3: "EXPIRED",
    4: "DELETED",
    5: "UNDELIV",
    6: "ACCEPTD",
    7: "UNKNOWN",
    8: "REJECTD",
}
_MEANING: Mapping[str, DeliveryState] = {
    "DELIVRD": DeliveryState.DELIVERED,
    "EXPIRED": DeliveryState.UNDELIVERED,
    "DELETED": DeliveryState.UNDELIVERED,
    "UNDELIV": DeliveryState.UNDELIVERED,
    "REJECTD": DeliveryState.UNDELIVERED,
}


class UnreadableDelivery(ValueError):
    """It is not what the specification says; the text names the field and repeats nothing of it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One of ``total`` pieces of a text, the ``place``-th from 1; ``number`` is the same in all of them."""

    text: IncomingText
    number: int
    place: int
    total: int


Delivery = DeliveryReport | IncomingText | Piece


def read_delivery(body: bytes) -> Delivery:
    """What a deliver_sm brings, from its octets after the header. Raises UnreadableDelivery."""
    reader = _Reader(body)
    reader.text("service_type")
    sender, recipient = reader.address("source_addr"), reader.address("destination_addr")
    esm_class, *_ = reader.octets(3)
    reader.text("schedule_delivery_time")
    reader.text("validity_period")
    _, _, data_coding, _, length = reader.octets(5)
    short_message = reader.take(length)
    extras = reader.extras()
    content = short_message or extras.get(_MESSAGE_PAYLOAD, b"")
    if esm_class & _TYPE_BITS in (_RECEIPT, _INTERMEDIATE):
        final = esm_class & _TYPE_BITS == _RECEIPT
        return _report(content.decode("latin-1"), extras, final=final)
    header, content = _header(content) if esm_class & _HAS_HEADER else (b"", content)
    # A deliver_sm has no name of its own. One that is brought twice is kept twice: the other way a client's
    # second "TAK" would be taken for the first.
    text = IncomingText(str(uuid4()), sender, recipient, _decoded(content, data_coding), None)
    number, total, place = _numbering(header, extras)
    return Piece(text, number, place, total) if 0 < place <= total and total > 1 else text


def _report(text: str, extras: Mapping[int, bytes], *, final: bool) -> DeliveryReport:
    fields = {name.lower(): value for name, value in reversed(_FIELD.findall(text.partition(" text:")[0]))}
    theirs = extras.get(_RECEIPTED_ID, b"").rstrip(b"\0").decode("latin-1") or fields.get("id", "")
    if not _THEIR_ID.fullmatch(theirs):
        raise UnreadableDelivery("receipted_message_id")
    told = extras.get(_MESSAGE_STATE, b"")
    code = _STATES.get(told[0], "") if told else ""
    code = (code or fields.get("stat", "")).upper()[:20]
    if not code.isascii() or not code.isprintable():
        raise UnreadableDelivery("stat")
    return DeliveryReport("", theirs, _MEANING.get(code) if final else None, None, code)


def _decoded(content: bytes, data_coding: int) -> str:
    if data_coding in _UCS2:
        text = content.decode("utf-16-be", "replace")
    elif data_coding in _LATIN:
        text = content.decode("latin-1")
    else:
        text = decode_gsm(content)
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _header(content: bytes) -> tuple[bytes, bytes]:
    """The user data header without its length, and what follows it."""
    if not content or content[0] >= len(content):
        raise UnreadableDelivery("short_message")
    return content[1 : 1 + content[0]], content[1 + content[0] :]


def _numbering(header: bytes, extras: Mapping[int, bytes]) -> tuple[int, int, int]:
    """The number of a text's pieces, how many there are and which this is; zeros for a whole text."""
    position = 0
    while position + 2 <= len(header):
        kind, length = header[position], header[position + 1]
        value = header[position + 2 : position + 2 + length]
        if (kind, len(value)) in (_NUMBERED_8, _NUMBERED_16):
            return int.from_bytes(value[:-2]), value[-2], value[-1]
        position += 2 + length
    values = [int.from_bytes(extras.get(tag, b"")[:2]) for tag in (_SAR_NUMBER, _SAR_TOTAL, _SAR_PLACE)]
    return values[0], values[1], values[2]


class _Reader:
    """A PDU's body, field by field."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def take(self, length: int) -> bytes:
        taken = self._body[self._at : self._at + length]
        if len(taken) < length:
            raise UnreadableDelivery("command_length")
        self._at += length
        return taken

    def octets(self, count: int) -> tuple[int, ...]:
        return tuple(self.take(count))

    def text(self, name: str) -> str:
        end = self._body.find(b"\0", self._at)
        if end < 0 or end - self._at > 64:  # noqa: PLR2004 - the longest any of them may be
            raise UnreadableDelivery(name)
        text = self._body[self._at : end].decode("latin-1")
        self._at = end + 1
        return text

    def address(self, name: str) -> str:
        """A number with its + when it is international; a short number and a name stay as they are."""
        kind, _plan = self.octets(2)
        text = self.text(name).strip()
        if not all(" " <= character <= "~" for character in text):
            raise UnreadableDelivery(name)
        digits = text.removeprefix("+")
        whole = re.fullmatch(r"[1-9][0-9]{9,14}", digits)

        return f"+{digits}" if whole and kind != _ALPHANUMERIC else text

    def extras(self) -> dict[int, bytes]:
        """The optional parameters, those unknown here among them; what is cut short is left out."""
        found: dict[int, bytes] = {}
        while len(self._body) - self._at >= 4:  # noqa: PLR2004 - a tag and a length
            tag, length = struct.unpack(">HH", self.take(4))
            value = self._body[self._at : self._at + length]
            self._at += length
            if len(value) == length:
                found[tag] = value
        return found
