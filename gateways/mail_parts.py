"""A message as raw bytes, parsed: its headers, its parts, its readable text.

Whoever can send mail can write here: nothing is trusted, everything is bounded. What the standard parser
raises on malformed input is STUMBLES.
"""

import html
import re
from collections.abc import Iterable, Iterator
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.policy import Compat32
from itertools import islice
from typing import Any

# A report stands before the message it returns (RFC 6522 3), so a returned attachment of 30 MB is not read.
READ_BYTES = 256 * 1024
# Real bounces nest four deep. The parser compares every line with every open boundary and recurses per level.
MOST_BOUNDARIES = 24
MOST_PARTS = 100
MOST_HEADERS = 300
LONGEST_REPORT = 200_000
LONGEST_TEXT = 60_000
LONGEST_FIELD = 2_000
# The parser makes an object of every paragraph of a report; a real report has a few dozen.
MOST_PARAGRAPHS = 3_000
# It reads all parameters of a Content-Type anew for each one asked for, in time that grows with the square of
# their length; a file name of 255 letters takes 30 (RFC 2231).
LONGEST_CONTENT_HEADER = 2_500
MOST_PARAMETERS = 40
# What the standard parser and flufl raise on malformed input; RecursionError is the depth the limits missed.
STUMBLES = (
    MessageError, ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError,
)  # fmt: skip
# The letters ą, ś and ź stand here in ISO-8859-2; in the Windows code page these are signs.
_LATIN_2 = re.compile(rb"^[^\x80-\x9f]*[\xa1\xa6\xac\xb1\xb6\xbc][^\x80-\x9f]*$")
_SAYS_NOTHING = ("", "us-ascii", "ascii", "unknown-8bit")
# Codecs of domain names: no text is in them, and their time grows with the square of its length.
_NO_CHARSETS = ("punycode", "idna")
REPORTS = ("message/delivery-status", "message/global-delivery-status", "text/delivery-status")
RECEIPTS = ("message/disposition-notification", "message/global-disposition-notification")
RETURNED = (
    "message/rfc822",
    "text/rfc822-headers",
    "message/rfc822-headers",
    "message/global",
    "message/global-headers",
)
_EMPTY_LINES = re.compile(rb"\n(?:[ \t]{0,80}\r?\n){2,}")
_PARAGRAPH = re.compile(rb"\n\r?\n")
_NULLS = re.compile("[\x00\ufeff]+")
_SILENT_HTML = re.compile(r"<(style|script|title)\b[^<>]*>[^<]*</\1\s*>|<!--[^<>]*-->", re.IGNORECASE)
_LINE_BREAKING_TAG = re.compile(
    r"<(?:br|/?p|/?div|/?tr|/?li|/?h[1-6]|/?table|/?blockquote|hr)\b[^<>]*>", re.IGNORECASE
)
_CELL = re.compile(r"</?t[dh]\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>@]*>")
_SPACES = re.compile(r"[ \t\r\f\v\u00a0]+")


class _BoundedMessage(Message):
    """Every question to a part walks over all its headers."""

    def set_raw(self, name: str, value: Any) -> None:
        if len(self) < MOST_HEADERS:
            super().set_raw(name, value)


class _Bounded(Compat32):
    """The parser's own rules, with the headers that describe a part cut to what real ones hold."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        if name.lower().startswith("content-"):
            value = ";".join(value[:LONGEST_CONTENT_HEADER].split(";", MOST_PARAMETERS)[:MOST_PARAMETERS])
        return name, value


_BOUNDED = _Bounded(message_factory=_BoundedMessage)


def tamed(data: bytes) -> bytes:
    """``data`` without what would keep the parser busy for minutes."""
    data = _EMPTY_LINES.sub(b"\n\n", data)
    last = next(islice(_PARAGRAPH.finditer(data), MOST_PARAGRAPHS, None), None)
    return data[: last.start()] if last else data


def parsed(data: bytes) -> Message:
    """Deeply nested input is read as headers and one text."""
    is_nested = data.count(b"oundary") > MOST_BOUNDARIES or data.lower().count(b"message/") > MOST_BOUNDARIES
    return BytesParser(policy=_BOUNDED).parsebytes(data, headersonly=is_nested)


def parts_of(message: Message) -> Iterator[Message]:
    """The message's parts in order, without those of a returned message."""
    waiting = [message]
    for _ in range(MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop(0)
        yield part
        payload = part.get_payload()
        if isinstance(payload, list) and type_of(part) not in (*REPORTS, *RETURNED, *RECEIPTS):
            waiting[:0] = [each for each in payload if isinstance(each, Message)]


def type_of(part: Message) -> str:
    return part.get_content_type().lower()


def headers_of(message: Message) -> dict[str, str]:
    """Decoded headers by lower-case name, the first of each."""
    found: dict[str, str] = {}
    for name, value in islice(message.raw_items(), MOST_HEADERS):
        found.setdefault(name.lower(), decoded_header(str(value)[:LONGEST_FIELD]))
    return found


def decoded_header(value: str) -> str:
    try:
        pieces = decode_header(value)
    except STUMBLES:
        return _clean(value)
    words = [in_charset(piece, charset) if isinstance(piece, bytes) else piece for piece, charset in pieces]
    return _clean(" ".join(unescaped(word) for word in words))


def unescaped(text: str) -> str:
    """Raw bytes beyond ASCII, which the parser keeps as lone surrogates, as text."""
    return in_charset(text.encode("utf-8", "surrogateescape"), None)


def in_charset(data: bytes, charset: str | None) -> str:
    """``data`` as text: in its declared charset, else UTF-8, else as Polish systems write."""
    declared = (charset or "").lower()
    is_told = declared not in _SAYS_NOTHING and declared.replace("-", "_") not in _NO_CHARSETS
    for name in (declared, "utf-8") if is_told else ("utf-8",):
        try:
            return data.decode(name, "strict" if name == "utf-8" else "replace")
        except (LookupError, ValueError, TypeError):
            continue
    return data.decode("iso-8859-2" if _LATIN_2.search(data) else "cp1250", "replace")


def _clean(text: str) -> str:
    return _NULLS.sub("", text).encode("utf-8", "replace").decode()


def text_of_part(part: Message) -> str:
    """A leaf's text, at most LONGEST_REPORT characters."""
    raw = part.get_payload(decode=True)
    if not isinstance(raw, bytes):
        return ""
    return _clean(in_charset(raw[:LONGEST_REPORT], part.get_content_charset()))


def readable_text(parts: Iterable[Message]) -> str:
    """The words for a person: the text before anything returned; HTML only where nothing is plain."""
    plain, rich = "", ""
    for part in parts:
        kind = type_of(part)
        if kind in RETURNED:
            break
        if part.is_multipart() or part.get_filename():
            continue
        if kind == "text/html":
            rich = rich or _without_tags(text_of_part(part)[:LONGEST_TEXT])
        elif kind == "text/plain" and len(plain) < LONGEST_TEXT:
            plain += _unflowed(part, text_of_part(part)[:LONGEST_TEXT]) + "\n"
    return plain if plain.strip() else rich


def _unflowed(part: Message, text: str) -> str:
    """Lines of format=flowed (RFC 3676) joined where a space ends them."""
    if str(part.get_param("format", "")).lower() != "flowed":
        return text
    return re.sub(r"(?<=\S) \r?\n(?=[^\s>])", " ", text)


def _without_tags(page: str) -> str:
    broken = _LINE_BREAKING_TAG.sub("\n", _SILENT_HTML.sub(" ", page.replace("\n", " ")))
    return _SPACES.sub(" ", html.unescape(_TAG.sub("", _CELL.sub(" ", broken))))
