"""An e-mail as raw bytes, read into the letter a person wrote: never raises."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime, unquote
from itertools import accumulate, chain, islice

from domain.incoming_mail import Letter
from domain.mail_headers import Mailbox, one_line
from domain.mail_threads import message_ids
from gateways.mail_parts import (
    MOST_HEADERS,
    READ_BYTES,
    RECEIPTS,
    STUMBLES,
    decoded_header,
    headers_of,
    parsed,
    parts_of,
    readable_text,
    tamed,
    type_of,
)

_ALONE = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>@\s]+@[^<>@\s]+)>")
MOST_ADDRESSES = 50
LONGEST_ADDRESS, LONGEST_NAME = 254, 250
# The standard parser of addresses takes time that grows with the square of what is in brackets.
LONGEST_ADDRESS_HEADER = 4_000
# All headers of one name together: fifty addresses of 254 letters.
LONGEST_ADDRESSES = 13_000
_CAME_TO = frozenset(("to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to"))


def read_letter(data: bytes) -> Letter | None:
    """The letter; none when it has no sender or cannot be read at all."""
    try:
        message = parsed(tamed(data[:READ_BYTES]))
        headers = headers_of(message)
        senders = _mailboxes(message, "from")
        if not senders:
            return None
        parts = list(parts_of(message))
        return Letter(
            sender=senders[0],
            reply_to=next(iter(_mailboxes(message, "reply-to")), None),
            to=_mailboxes(message, "to"),
            cc=_mailboxes(message, "cc"),
            subject=one_line(headers.get("subject", "").replace("  ", " ")),
            text=readable_text(parts),
            message_id=next(iter(message_ids(headers.get("message-id", ""))), ""),
            answers=_answered(message),
            sent_to=tuple(_values(message, _CAME_TO)),
            written_at=_date(headers.get("date", "")),
            came_at=_date(headers.get("received", "").rpartition(";")[2].strip()),
            is_receipt=any(type_of(part) in RECEIPTS for part in parts),
            headers=headers,
        )
    except STUMBLES:
        return None


def _values(message: Message, names: frozenset[str]) -> Iterator[str]:
    """All headers of these names, as they came."""
    for name, value in islice(message.raw_items(), MOST_HEADERS):
        if name.lower() in names:
            yield str(value)[:LONGEST_ADDRESS_HEADER]


def _mailboxes(message: Message, name: str) -> tuple[Mailbox, ...]:
    """The addresses of a header. Names are decoded afterwards: what is encoded in one is no address."""
    values = list(_values(message, frozenset((name,))))[:MOST_ADDRESSES]
    lengths = accumulate(map(len, values))
    fitting = [value for value, length in zip(values, lengths, strict=True) if length <= LONGEST_ADDRESSES]
    found = []
    for shown, written in chain.from_iterable(map(_named, fitting)):
        address = decoded_header(written).strip()
        if "@" in address and len(address) <= LONGEST_ADDRESS and one_line(address) == address:
            found.append(Mailbox(one_line(decoded_header(shown))[:LONGEST_NAME], address))
    return tuple(found[:MOST_ADDRESSES])


def _named(value: str) -> list[tuple[str, str]]:
    """The names and addresses of one header line. Whoever stands alone is the address in the brackets.

    The standard parser, where it has been mended against forged senders (CVE-2023-27043), gives up a whole
    header for a comma in a comment, one too many at an end, or an address for a name.
    """
    value = value.strip(", \t\r\n")
    alone = _ALONE.fullmatch(value)
    if alone and not ("@" in alone["name"] and "," in alone["name"]):
        return [(unquote(alone["name"].strip()), alone["address"])]
    return getaddresses([value])


def _answered(message: Message) -> tuple[str, ...]:
    """RFC 5322 3.6.4: the parent by In-Reply-To, then by References from the end."""
    parents = [each for value in _long(message, "in-reply-to") for each in message_ids(value)]
    ancestors = [each for value in _long(message, "references") for each in message_ids(value)]
    return tuple(dict.fromkeys([*parents, *reversed(ancestors)]))


def _long(message: Message, name: str) -> list[str]:
    return [str(value) for key, value in islice(message.raw_items(), MOST_HEADERS) if key.lower() == name]


def _date(written: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(written)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (*STUMBLES, OverflowError):
        return None
