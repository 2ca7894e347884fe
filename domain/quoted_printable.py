"""Quoted-printable UTF-8 in pieces that can be joined anywhere (RFC 2045 section 6.7)."""

import binascii
import re

from domain.mail_headers import without_surrogates

SOFT_BREAK = b"=\r\n"
# Short printable ASCII that stays as it is at the start of a line: no "=", no dot or "From " first
# (SMTP would double the dot, mbox stores would quote the word), no space last.
_UNCHANGED = re.compile(r"(?!\.|From )(?:[ -<>-~]{0,74}[!-<>-~])?")
_NEWLINES = re.compile(r"\r\n|\r|\n")
_LINE_START = re.compile(rb"\r\n(?:(\.+)|F(?=rom ))")
_DOTS_PER_LINE = 24


def encode_piece(value: str) -> bytes:
    """``value`` encoded from the start of a line, in lines of at most 76 bytes, the last at most 75.

    Every newline becomes CRLF, a lone surrogate U+FFFD, a NUL nothing (RFC 2045, 2.8). No line starts
    with a dot, so SMTP needs no dot-stuffing. What follows must start with ``SOFT_BREAK`` or with CRLF.
    """
    if _UNCHANGED.fullmatch(value):
        return value.encode("ascii")
    # The CRLF in front makes binascii break lines by CRLF; the letter behind keeps room for "=".
    data = ("\r\n" + _with_crlf(without_surrogates(value)).replace("\0", "") + "x").encode("utf-8")
    encoded = binascii.b2a_qp(data)
    if b"\r\n." in encoded or b"\r\nFrom " in encoded:
        encoded = _LINE_START.sub(_protected, encoded)
    encoded = encoded[2:-1]
    return encoded + SOFT_BREAK if encoded.endswith((b" ", b"\t")) else encoded


def _with_crlf(value: str) -> str:
    return _NEWLINES.sub("\r\n", value) if "\r" in value else value.replace("\n", "\r\n")


def _protected(match: re.Match[bytes]) -> bytes:
    """Dots, or the F of "From ", at the start of a line: hidden, and a soft break behind them."""
    dots = match[1]
    if dots is None:
        return b"\r\n=46" + SOFT_BREAK
    lines = (b"=2E" * min(_DOTS_PER_LINE, len(dots) - at) for at in range(0, len(dots), _DOTS_PER_LINE))
    return b"\r\n" + b"".join(line + SOFT_BREAK for line in lines)


def at_line_start(encoded: bytes) -> bool:
    """Whether what follows ``encoded`` starts a line."""
    return not encoded or encoded.endswith(b"\r\n")
