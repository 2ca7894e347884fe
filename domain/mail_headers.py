"""Header lines that no value can break out of (RFC 5322, RFC 2047, RFC 2231)."""

import binascii
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

from domain.errors import DomainError

LINE_LIMIT = 76
_LONGEST_WORD = 900  # RFC 5322 allows lines of 998; a word beyond this cannot be folded safely
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SURROGATES = re.compile("[\ud800-\udfff]")
_HEADER_NAME = re.compile(r"[!-9;-~]{1,70}")
_UNIT = re.compile(r" *[^ ]+")
_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*"
)
_LONGEST_ADDRESS = 254  # RFC 5321 4.5.3.1.3, less the angle brackets
# IDNA 2003, which the standard library speaks, maps these to other letters and so to another domain.
_DEVIATIONS = re.compile("[ßς\u200c\u200d]")
_ENCODED_WORD_FRAME = len("=?utf-8?b??=")
_LONGEST_ENCODED_WORD = 75
_QUOTED_NAME_LIMIT = 60
_CONTINUATION = 0x80  # the top two bits of a byte inside a UTF-8 character
# Headers made of tokens and addresses: an encoded word there would be read literally.
_STRUCTURED = frozenset(
    ("auto-submitted", "in-reply-to", "references", "message-id", "precedence", "feedback-id", "return-path")
)


class AddressNotDeliverable(DomainError):
    """The address cannot be put into a message. Parameter: ``address``."""

    message = "%(address)s is not an address that mail can be delivered to."


class AddressNeedsSmtpUtf8(AddressNotDeliverable):
    """The part before @ is not ASCII (RFC 6531). Parameter: ``address``."""

    message = "The part before @ in %(address)s has characters that most mail servers do not accept."


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A display name (any text, may be empty) and an address ``local@domain``."""

    name: str
    address: str


def without_surrogates(value: str) -> str:
    """``value`` with each lone surrogate replaced by U+FFFD, so that it has a UTF-8 form."""
    return value if value.isascii() else _SURROGATES.sub("\ufffd", value)


def one_line(value: str) -> str:
    """``value`` with each run of control characters as one space, and no space at either end."""
    if value.isprintable():
        return value.strip(" ")
    return _SURROGATES.sub("\ufffd", _CONTROLS.sub(" ", value)).strip(" ")


def envelope_address(address: str) -> str:
    """``address`` as SMTP carries it: ASCII, the domain in IDNA.

    Raises AddressNeedsSmtpUtf8 for a non-ASCII local part and AddressNotDeliverable for anything
    that is not a plain ``dot-atom@domain``.
    """
    if not address.isascii():
        local, _, domain = address.rpartition("@")
        if not local.isascii():
            raise AddressNeedsSmtpUtf8(address=one_line(address))
        address = f"{local}@{_idna(domain, address)}"
    if not _ADDRESS.fullmatch(address) or len(address) > _LONGEST_ADDRESS:
        raise AddressNotDeliverable(address=one_line(address))
    return address


def _idna(domain: str, address: str) -> str:
    if _DEVIATIONS.search(domain):
        raise AddressNotDeliverable(address=one_line(address))
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise AddressNotDeliverable(address=one_line(address)) from error


def mailbox_header(name: str, mailbox: Mailbox) -> bytes:
    """A From, To or Reply-To line with its CRLF; raises as ``envelope_address``."""
    address = envelope_address(mailbox.address)
    shown = re.sub(" +", " ", one_line(mailbox.name))
    prefix = header_prefix(name)
    if not shown:
        return b"%s%s\r\n" % (prefix, address.encode("ascii"))
    if shown.isascii() and "=?" not in shown and len(shown) <= _QUOTED_NAME_LIMIT:
        if not _PHRASE.fullmatch(shown):
            shown = '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'
        line = prefix + shown.encode("ascii")
    else:
        line = prefix + _encoded_words(shown, len(prefix))
    last = len(line) - line.rfind(b"\n") - 1
    joint = b" " if last + len(address) + 3 <= LINE_LIMIT else b"\r\n "
    return b"%s%s<%s>\r\n" % (line, joint, address.encode("ascii"))


def text_header(name: str, value: str) -> bytes:
    """A header line with its CRLF, folded and encoded as its value needs.

    Control characters become spaces, so no value can start another header. Raises ValueError for a
    name that is no header name, and for a value that a structured header (List-*, References …)
    cannot carry: these hold our own addresses and tokens, never what a person typed.
    """
    prefix = header_prefix(name)
    value = one_line(value)
    structured = _is_structured(name)
    if value.isascii() and (structured or "=?" not in value):
        if len(prefix) + len(value) <= LINE_LIMIT:
            return b"%s%s\r\n" % (prefix, value.encode("ascii"))
        units = _UNIT.findall(value)
        if max(map(len, units)) <= _LONGEST_WORD:
            return prefix + _folded(units, len(prefix)) + b"\r\n"
    if structured:
        raise ValueError(f"header {name} cannot carry this value")
    return prefix + _encoded_words(value, len(prefix)) + b"\r\n"


@lru_cache(maxsize=256)
def header_prefix(name: str) -> bytes:
    """``Name: `` as bytes; raises ValueError when ``name`` is not a header name (RFC 5322 2.2)."""
    if not _HEADER_NAME.fullmatch(name):
        raise ValueError("not a header name")
    return name.encode("ascii") + b": "


@lru_cache(maxsize=256)
def _is_structured(name: str) -> bool:
    lowered = name.lower()
    return lowered in _STRUCTURED or lowered.startswith("list-")


def _folded(units: list[str], column: int) -> bytes:
    """Words, each with the spaces before it, folded before those spaces."""
    parts = [units[0]]
    column += len(units[0])
    for unit in units[1:]:
        if column + len(unit) > LINE_LIMIT:
            parts.append("\r\n")
            column = 0
        parts.append(unit)
        column += len(unit)
    return "".join(parts).encode("ascii")


def _encoded_words(value: str, column: int) -> bytes:
    """``value`` as RFC 2047 B words of at most 75 characters, never cutting a character in two."""
    data = without_surrogates(value).encode("utf-8")
    words: list[bytes] = []
    start = 0
    room = LINE_LIMIT - column
    while start < len(data):
        room = min(room, _LONGEST_ENCODED_WORD) - _ENCODED_WORD_FRAME
        end = min(len(data), start + max(room, 8) // 4 * 3)
        while end < len(data) and data[end] & 0xC0 == _CONTINUATION:
            end -= 1
        words.append(b"=?utf-8?b?" + binascii.b2a_base64(data[start:end], newline=False) + b"?=")
        start = end
        room = LINE_LIMIT - 1
    return b"\r\n ".join(words)


def filename_parameter(filename: str) -> bytes:
    """A ``filename`` parameter, each continuation on its own folded line (RFC 2231).

    Control characters become spaces and path separators underscores: a name is never a path.
    """
    name = re.sub(r"[/\\]", "_", one_line(filename)).strip() or "attachment"
    if re.fullmatch(r"[A-Za-z0-9 _.()+-]{1,50}", name):
        return b';\r\n filename="%s"' % name.encode("ascii")
    encoded = quote(without_surrogates(name), safe="")
    if len(encoded) <= LINE_LIMIT - len(" filename*=utf-8'';"):
        return b";\r\n filename*=utf-8''%s" % encoded.encode("ascii")
    parts = re.findall(r"(?:%[0-9A-F]{2}|[^%]){1,18}", encoded)  # 18 escapes are 54 bytes
    parts[0] = "utf-8''" + parts[0]
    return b"".join(b";\r\n filename*%d*=%s" % (i, part.encode("ascii")) for i, part in enumerate(parts))
