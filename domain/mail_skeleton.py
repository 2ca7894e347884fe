"""A message skeleton built once per campaign; only the personal parts are encoded per recipient.

Building MIME is the cost of sending mail, not sending it: here everything that is the same for all
recipients is encoded once. The bytes are complete (RFC 5322, CRLF, lines of at most 76 bytes in the
bodies, 7-bit throughout) and no line starts with a dot, so SMTP writes them to the socket unchanged.
"""

import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Self

from domain.errors import DomainError
from domain.mail_headers import Mailbox, filename_parameter, mailbox_header, text_header
from domain.merge_tags import escape_html
from domain.quoted_printable import SOFT_BREAK, at_line_start, encode_piece

__all__ = ["AttachedFile", "MailSkeleton", "Mailbox", "Segments", "Slot", "ValueMissing"]

# "=_" occurs in no quoted-printable and no base64 text (RFC 2045 6.7), so these never collide.
_MIXED = b"=_goniec_mixed"
_ALTERNATIVE = b"=_goniec_alternative"
_CONTENT_TYPE = re.compile(
    r"(?:application|audio|font|image|model|text|video)/[A-Za-z0-9][A-Za-z0-9.+_-]{0,60}"
)
_MESSAGE_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")
_LONGEST_MESSAGE_ID = 250
_OWN_HEADERS = frozenset(
    ("from", "to", "cc", "bcc", "reply-to", "subject", "date", "message-id", "mime-version")
)


class ValueMissing(DomainError):
    """A slot has no frozen value. Parameter: ``path``."""

    message = "The message has no value for %(path)s."


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file as it is attached; an unusable content type becomes application/octet-stream."""

    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for the value at ``path`` (dotted), HTML-escaped when ``escape``."""

    path: str
    escape: bool


Segments = tuple[str | Slot, ...]
Headers = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class MailSkeleton:
    """What all recipients' messages share, encoded. Make one with ``build``."""

    _subject: Segments
    _static_subject: bytes | None
    _head: bytes
    _html_head: bytes
    _tail: bytes
    _body: tuple[bytes, ...]
    _places: tuple[tuple[Slot, tuple[int, ...]], ...]

    @classmethod
    def build(
        cls,
        *,
        sender: Mailbox,
        reply_to: Mailbox | None,
        subject: Segments,
        text: Segments,
        html: Segments,
        attachments: Sequence[AttachedFile] = (),
        static_headers: tuple[tuple[str, str], ...] = (),
    ) -> Self:
        """Encode everything that no recipient changes.

        For a template rendered whole per recipient give empty ``subject``, ``text`` and ``html`` and
        use ``splice_whole``. Raises AddressNotDeliverable for ``sender`` or ``reply_to`` and
        ValueError for a header name that is malformed or belongs to the skeleton.
        """
        head = mailbox_header("From", sender)
        if reply_to:
            head += mailbox_header("Reply-To", reply_to)
        head += _header_lines(static_headers) + b"MIME-Version: 1.0\r\n"
        if attachments:
            head += _multipart(b"mixed", _MIXED) + b"--%s\r\n" % _MIXED
        head += _multipart(b"alternative", _ALTERNATIVE) + _text_part_head(b"plain")
        html_head = b"\r\n" + _text_part_head(b"html")
        tail = b"\r\n--%s--\r\n" % _ALTERNATIVE
        if attachments:
            tail += b"".join(map(_attachment, attachments)) + b"--%s--\r\n" % _MIXED
        body, places = _plan([*_pieces(text), html_head, *_pieces(html)])
        has_slots = any(isinstance(segment, Slot) for segment in subject)
        static_subject = None if has_slots else text_header("Subject", "".join(map(str, subject)))
        return cls(subject, static_subject, head, html_head, tail, body, places)

    def splice(
        self,
        *,
        to: Mailbox,
        message_id: str,
        date: datetime,
        values: Mapping[str, str],
        headers: Headers = (),
        reply_to: Mailbox | None = None,
    ) -> bytes:
        """One recipient's complete message.

        ``values``: dotted path → text, one for every slot (ValueMissing otherwise). ``message_id``
        has its angle brackets; ``date`` is aware. ``headers`` are this message's own
        (List-Unsubscribe, Auto-Submitted …), and so is ``reply_to``, where the skeleton has none. Raises
        AddressNotDeliverable for ``to`` and ``reply_to``.
        """
        pieces = list(self._body)
        try:
            for slot, positions in self._places:
                value = values[slot.path]
                encoded = _encoded_value(escape_html(value) if slot.escape else value)
                for position in positions:
                    pieces[position] = encoded
            subject = self._static_subject or text_header("Subject", _filled(self._subject, values))
        except KeyError as error:
            raise ValueMissing(path=error.args[0]) from error
        return b"".join(
            (
                *_own_headers(to, message_id, date, headers, reply_to),
                subject,
                self._head,
                *pieces,
                self._tail,
            )
        )

    def splice_whole(
        self,
        *,
        to: Mailbox,
        message_id: str,
        date: datetime,
        subject: str,
        text: str,
        html: str,
        headers: Headers = (),
        reply_to: Mailbox | None = None,
    ) -> bytes:
        """As ``splice``, with subject and bodies already rendered for this recipient."""
        own = _own_headers(to, message_id, date, headers, reply_to)
        bodies = (encode_piece(text), self._html_head, encode_piece(html))
        return b"".join((*own, text_header("Subject", subject), self._head, *bodies, self._tail))


@lru_cache(maxsize=2048)
def _encoded_value(value: str) -> bytes:
    """A value stands in the text and in the HTML, and some are the same for every recipient."""
    return encode_piece(value)


def _filled(segments: Segments, values: Mapping[str, str]) -> str:
    return "".join(
        segment
        if isinstance(segment, str)
        else (escape_html(values[segment.path]) if segment.escape else values[segment.path])
        for segment in segments
    )


def _own_headers(
    to: Mailbox, message_id: str, date: datetime, headers: Headers, reply_to: Mailbox | None
) -> Iterable[bytes]:
    if not _MESSAGE_ID.fullmatch(message_id) or len(message_id) > _LONGEST_MESSAGE_ID:
        raise ValueError("a Message-ID is <left@right> in printable ASCII")
    return (
        b"Date: %s\r\nMessage-ID: %s\r\n" % (_date(date.replace(microsecond=0)), message_id.encode("ascii")),
        mailbox_header("To", to),
        mailbox_header("Reply-To", reply_to) if reply_to else b"",
        _header_lines(headers),
    )


@lru_cache(maxsize=16)
def _date(moment: datetime) -> bytes:
    if moment.tzinfo is None:
        raise ValueError("a message's date is aware")
    return format_datetime(moment).encode("ascii")


def _header_lines(headers: Headers) -> bytes:
    lines = []
    for name, value in headers:
        lowered = name.lower()
        if lowered in _OWN_HEADERS or lowered.startswith("content-"):
            raise ValueError(f"header {name} belongs to the skeleton")
        lines.append(text_header(name, value))
    return b"".join(lines)


def _multipart(kind: bytes, boundary: bytes) -> bytes:
    return b'Content-Type: multipart/%s; boundary="%s"\r\n\r\n' % (kind, boundary)


def _text_part_head(kind: bytes) -> bytes:
    return (
        b'--%s\r\nContent-Type: text/%s; charset="utf-8"\r\n'
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" % (_ALTERNATIVE, kind)
    )


def _attachment(file: AttachedFile) -> bytes:
    kind = file.content_type if _CONTENT_TYPE.fullmatch(file.content_type) else "application/octet-stream"
    lines = (
        binascii.b2a_base64(file.content[at : at + 57], newline=False)
        for at in range(0, len(file.content), 57)
    )
    return (
        b"--%s\r\nContent-Type: %s\r\nContent-Transfer-Encoding: base64\r\n"
        b"Content-Disposition: attachment%s\r\n\r\n"
        % (_MIXED, kind.encode("ascii"), filename_parameter(file.filename))
        + b"".join(line + b"\r\n" for line in lines)
    )


def _pieces(segments: Segments) -> list[bytes | Slot]:
    """Static text encoded, each slot at the start of a line and followed by the end of one."""
    pieces: list[bytes | Slot] = []
    encoded = b""
    after_slot = False
    for segment in segments:
        if isinstance(segment, Slot):
            if after_slot or not at_line_start(encoded):
                encoded += SOFT_BREAK
            pieces += [encoded, segment]
            encoded, after_slot = b"", True
        elif segment:
            static = encode_piece(segment)
            if after_slot and not static.startswith(b"\r\n"):
                encoded = SOFT_BREAK
            elif not at_line_start(encoded):
                encoded += SOFT_BREAK
            encoded += static
            after_slot = False
    return [*pieces, encoded]


def _plan(pieces: list[bytes | Slot]) -> tuple[tuple[bytes, ...], tuple[tuple[Slot, tuple[int, ...]], ...]]:
    """The pieces with empty places for the slots, and where each distinct slot goes."""
    places: dict[Slot, list[int]] = {}
    for position, piece in enumerate(pieces):
        if isinstance(piece, Slot):
            places.setdefault(piece, []).append(position)
    body = tuple(b"" if isinstance(piece, Slot) else piece for piece in pieces)
    return body, tuple((slot, tuple(positions)) for slot, positions in places.items())
