"""A message from the bounce mailbox, as raw bytes, read into the facts the classifier judges.

Whoever can send mail can write here: nothing is trusted, everything is bounded, and no input raises.
"""

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from itertools import islice
from logging import getLogger

from flufl.bounce import all_failures

from domain.bounces import FeedbackReport, MessageFacts, RecipientFields

# A report stands before the message it returns (RFC 6522 3), so a returned attachment of 30 MB is not read.
READ_BYTES = 256 * 1024
# Real bounces nest four deep. The parser compares every line with every open boundary and recurses per level.
MOST_BOUNDARIES = 24
MOST_PARTS = 100
MOST_HEADERS = 300
# A report block is a few lines; a file of blank lines would be a block each.
MOST_BLOCKS = 400
LONGEST_REPORT = 200_000
LONGEST_TEXT = 60_000
LONGEST_FIELD = 2_000
# flufl's patterns run over every line of the body, for each of its 17 detectors.
FLUFL_BYTES = 32 * 1024
# The parser makes an object of every paragraph of a report; a real report has a few dozen.
MOST_PARAGRAPHS = 3_000
# Its time for the parameters of a Content-Type grows with the square of their length.
LONGEST_CONTENT_HEADER = 1_000

# What the standard parser and flufl raise on malformed input; RecursionError is the depth the limits missed.
_STUMBLES = (
    MessageError, ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError,
)  # fmt: skip
# flufl logs a stack trace, with pieces of the message, for what it cannot read.
getLogger("flufl.bounce").disabled = True
# The letters ą, ś and ź stand here in ISO-8859-2; in the Windows code page these are signs.
_LATIN_2 = re.compile(rb"^[^\x80-\x9f]*[\xa1\xa6\xac\xb1\xb6\xbc][^\x80-\x9f]*$")
_SAYS_NOTHING = ("", "us-ascii", "ascii", "unknown-8bit")
_REPORTS = ("message/delivery-status", "message/global-delivery-status", "text/delivery-status")
_RECEIPTS = ("message/disposition-notification", "message/global-disposition-notification")
_RETURNED = (
    "message/rfc822",
    "text/rfc822-headers",
    "message/rfc822-headers",
    "message/global",
    "message/global-headers",
)
_FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]{0,60})[ \t]*:[ \t]*(.*)$")
_OVERLONG = re.compile(
    rb"^content-[a-z-]{1,40}:(?:[^\r\n]|\r?\n[ \t]){%d}" % LONGEST_CONTENT_HEADER,
    re.IGNORECASE | re.MULTILINE,
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


def read_message(data: bytes) -> MessageFacts:
    """The facts about a message: never raises. What cannot be read is missing from them."""
    head = _tamed(data[:READ_BYTES])
    try:
        message = _unwrapped(_parsed(head))
        parts = list(_parts(message))
        returned = _returned_headers(parts)
        fields = [each for part in parts if _type(part) in _REPORTS for each in _recipients(part)]
        feedback = _feedback(parts)
        return MessageFacts(
            headers=_headers(message),
            text=_readable_text(parts),
            recipients=tuple(fields),
            feedback=feedback,
            is_receipt=any(_type(part) in _RECEIPTS for part in parts),
            suspects=() if fields or feedback else _found_by_flufl(head),
            returned_headers=returned,
        )
    except _STUMBLES:
        return MessageFacts()


def _tamed(data: bytes) -> bytes:
    """``data`` without what would keep the parser busy for minutes; nothing when it is meant to."""
    if _OVERLONG.search(data):
        return b""
    data = _EMPTY_LINES.sub(b"\n\n", data)
    last = next(islice(_PARAGRAPH.finditer(data), MOST_PARAGRAPHS, None), None)
    return data[: last.start()] if last else data


def _parsed(data: bytes) -> Message:
    """Deeply nested input is read as headers and one text."""
    is_nested = data.count(b"oundary") > MOST_BOUNDARIES or data.lower().count(b"message/") > MOST_BOUNDARIES
    return BytesParser().parsebytes(data, headersonly=is_nested)


def _unwrapped(message: Message) -> Message:
    """The report itself where a scanner or a forwarder put it, whole, into a message of its own."""
    parts = list(_parts(message))
    if any(_type(part) in (*_REPORTS, "message/feedback-report") for part in parts):
        return message
    inside = [
        part.get_payload(0) for part in parts if _type(part) == "message/rfc822" and part.is_multipart()
    ]
    reports = [each for each in inside if isinstance(each, Message) and _type(each) == "multipart/report"]
    return reports[0] if len(reports) == 1 else message


def _parts(message: Message) -> Iterator[Message]:
    """The message's parts in order, without those of a returned message."""
    waiting = [message]
    for _ in range(MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop(0)
        yield part
        payload = part.get_payload()
        if isinstance(payload, list) and _type(part) not in (*_REPORTS, *_RETURNED, *_RECEIPTS):
            waiting[:0] = [each for each in payload if isinstance(each, Message)]


def _type(part: Message) -> str:
    return part.get_content_type().lower()


def _headers(message: Message) -> dict[str, str]:
    """Decoded headers by lower-case name, the first of each."""
    found: dict[str, str] = {}
    for name, value in islice(message.raw_items(), MOST_HEADERS):
        found.setdefault(name.lower(), _decoded_header(str(value)[:LONGEST_FIELD]))
    return found


def _decoded_header(value: str) -> str:
    try:
        pieces = decode_header(value)
    except _STUMBLES:
        return _clean(value)
    words = [_in_charset(piece, charset) if isinstance(piece, bytes) else piece for piece, charset in pieces]
    return _clean(" ".join(_unescaped(word) for word in words))


def _unescaped(text: str) -> str:
    """Raw bytes beyond ASCII, which the parser keeps as lone surrogates, as text."""
    return _in_charset(text.encode("utf-8", "surrogateescape"), None)


def _in_charset(data: bytes, charset: str | None) -> str:
    """``data`` as text: in its declared charset, else UTF-8, else as Polish systems write."""
    declared = (charset or "").lower()
    for name in ("utf-8",) if declared in _SAYS_NOTHING else (declared, "utf-8"):
        try:
            return data.decode(name, "strict" if name == "utf-8" else "replace")
        except (LookupError, ValueError, TypeError):
            continue
    return data.decode("iso-8859-2" if _LATIN_2.search(data) else "cp1250", "replace")


def _clean(text: str) -> str:
    return _NULLS.sub("", text).encode("utf-8", "replace").decode()


def _part_text(part: Message) -> str:
    """A leaf's text, at most LONGEST_REPORT characters."""
    raw = part.get_payload(decode=True)
    if not isinstance(raw, bytes):
        return ""
    return _clean(_in_charset(raw[:LONGEST_REPORT], part.get_content_charset()))


def _readable_text(parts: Iterable[Message]) -> str:
    """The words for a person: the text before anything returned; HTML only where nothing is plain."""
    plain, rich = "", ""
    for part in parts:
        kind = _type(part)
        if kind in _RETURNED:
            break
        if part.is_multipart() or part.get_filename():
            continue
        if kind == "text/html":
            rich = rich or _without_tags(_part_text(part)[:LONGEST_TEXT])
        elif kind == "text/plain" and len(plain) < LONGEST_TEXT:
            plain += _unflowed(part, _part_text(part)[:LONGEST_TEXT]) + "\n"
    return plain if plain.strip() else rich


def _unflowed(part: Message, text: str) -> str:
    """Lines of format=flowed (RFC 3676) joined where a space ends them."""
    if str(part.get_param("format", "")).lower() != "flowed":
        return text
    return re.sub(r"(?<=\S) \r?\n(?=[^\s>])", " ", text)


def _without_tags(page: str) -> str:
    broken = _LINE_BREAKING_TAG.sub("\n", _SILENT_HTML.sub(" ", page.replace("\n", " ")))
    return _SPACES.sub(" ", html.unescape(_TAG.sub("", _CELL.sub(" ", broken))))


def _blocks(part: Message) -> list[dict[str, str]]:
    """A report's groups of fields, by lower-case name; an encoded report is decoded first."""
    payload = part.get_payload()
    if isinstance(payload, list):
        text = "\n\n".join(_block_text(each) for each in payload[:MOST_BLOCKS] if isinstance(each, Message))
        encoding = str(part.get("content-transfer-encoding", "")).strip().lower()
        if encoding in ("base64", "quoted-printable"):
            leaf = Message()
            leaf["Content-Transfer-Encoding"] = encoding
            leaf.set_payload(text)
            text = _part_text(leaf)
    else:
        text = _part_text(part)
    groups: list[dict[str, str]] = [{}]
    last = ""
    for line in text[:LONGEST_REPORT].splitlines():
        if not line.strip():
            if groups[-1] and len(groups) < MOST_BLOCKS:
                groups.append({})
        elif line[0] in " \t" and last in groups[-1]:
            groups[-1][last] = f"{groups[-1][last]} {line.strip()}"[:LONGEST_FIELD]
        elif match := _FIELD.match(line):
            last = match[1].lower()
            groups[-1].setdefault(last, match[2][:LONGEST_FIELD])
    return groups


def _block_text(block: Message) -> str:
    fields = "\n".join(f"{name}: {value}" for name, value in block.raw_items())
    raw = block.get_payload(decode=True)
    rest = _in_charset(raw, None) if isinstance(raw, bytes) else ""
    return f"{_unescaped(fields)}\n\n{rest}"


def _recipients(part: Message) -> Iterator[RecipientFields]:
    for group in _blocks(part):
        if {"final-recipient", "original-recipient", "action", "status"} & group.keys():
            field = {name: _decoded_header(value) for name, value in group.items()}
            yield RecipientFields(
                final=field.get("final-recipient", "") or field.get("x-actual-recipient", ""),
                original=field.get("original-recipient", ""),
                action=field.get("action", ""),
                status=field.get("status", ""),
                diagnostic=field.get("diagnostic-code", ""),
            )


def _feedback(parts: Iterable[Message]) -> FeedbackReport | None:
    for part in parts:
        if _type(part) == "message/feedback-report":
            groups = _blocks(part)
            kind = next((group["feedback-type"] for group in groups if "feedback-type" in group), "")
            named = [
                group[name]
                for group in groups
                for name in ("original-rcpt-to", "removal-recipient")
                if name in group
            ]
            return FeedbackReport(kind, tuple(named))
    return None


def _returned_headers(parts: Iterable[Message]) -> Mapping[str, str]:
    """The headers of the message that came back, where it is a part of its own."""
    for part in parts:
        if _type(part) in _RETURNED:
            payload = part.get_payload()
            if isinstance(payload, list):
                return _headers(payload[0]) if payload and isinstance(payload[0], Message) else {}
            raw = part.get_payload(decode=True)
            if isinstance(raw, bytes):
                return _headers(BytesParser().parsebytes(raw[:READ_BYTES].lstrip(), headersonly=True))
    return {}


def _found_by_flufl(data: bytes) -> tuple[str, ...]:
    """Addresses flufl.bounce recognises in formats of its own catalogue; it gives no codes."""
    try:
        temporary, permanent = all_failures(_parsed(data[:FLUFL_BYTES]))
    except _STUMBLES:
        return ()
    found = [each.decode("utf-8", "replace") for each in (*temporary, *permanent) if isinstance(each, bytes)]
    return tuple(sorted(found))
