"""Free-text bounces: which addresses a text names, and which words belong to which."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from domain.addresses import normalise_email

# Longer than any address (RFC 5321 4.5.3.1: 64 + 1 + 255 octets): beyond it a run of characters is noise.
LONGEST_ADDRESS = 320
# What a mail system says stands in its first lines; the rest is the returned message.
READ_CHARACTERS = 20_000
MOST_ADDRESSES = 50

_ADDRESS = re.compile(
    r"(?<![\w.+%/=&?-])([\w.!#$%&'*+/=?^{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})", re.UNICODE
)
_RETURNED_COPY = re.compile(
    r"^[ \t]*(?:"
    r"[-=_*#+ ]{2,}[ \t]*(?:below this line is a copy|this is a copy of|original message|returned message"
    r"|oryginalna wiadomo|wiadomo\S+ oryginaln|tre\S+ oryginaln|orygina\S+ wiadomo"
    r"|kopia (?:oryginaln\w+ )?wiadomo"
    r"|pocz\S+tek (?:oryginaln\w+ )?wiadomo|message (?:header|body|text) follows|your message follows"
    r"|forwarded message|przekazana wiadomo|unsent message|the (?:body|header) of the (?:original )?message)"
    r"|(?:possibly truncated )?original message (?:headers|follows|text)\b|your original message"
    r"|the original message (?:was|follows|is)"
    r"|(?:a )?copy of (?:your|the original) message|the (?:message )?headers? of (?:the"
    r"|your) (?:original )?message"
    r"|(?:oryginalne )?nag\S+wki (?:oryginalnej )?wiadomo\S+|tre\S+ (?:oryginalnej|twojej"
    r"|zwr\S+conej) wiadomo"
    r"|poni\S+ej (?:znajduje si\S+|zamieszczono|za\S+czamy) (?:kopi|tre\S|orygina|nag)"
    r"|oryginalna wiadomo\S+|wiadomo\S+ oryginalna|kopia (?:twojej |oryginalnej |zwr\S+conej )?wiadomo"
    r"|received: from|return-path:|x-mailer:|mime-version:|dkim-signature:"
    r")",
    re.IGNORECASE | re.MULTILINE,
)
_RETURNED_FIELD = re.compile(r"^(from|to|sender):[ \t]*([^\r\n]{1,400})", re.IGNORECASE | re.MULTILINE)
# ">" quotes the returned message; ">>>" and "<<<" are a transcript's two sides. A subject is our own words.
_QUOTED_LINE = re.compile(
    r"^[ \t]*(?:>(?!>>)|(?:subject|temat|tytu\S)[ \t]*:).*$", re.IGNORECASE | re.MULTILINE
)
_OF_A_SERVICE = re.compile(
    r"(?:postmaster|mailer-?daemon|abuse|hostmaster|no-?reply|do-?not-?reply|noreply|root|bounces?"
    r"|mail-?admin"
    r"|administrator|helpdesk|support|pomoc|bok)(?:[+-].*)?@",
    re.IGNORECASE,
)
_LOOKS_LIKE_A_MESSAGE_ID = re.compile(r"(?:message-?id|id|in-reply-to|references)\W{0,4}$", re.IGNORECASE)
_NAMES_THE_SENDER = re.compile(
    r"^\W*(?:original )?(?:nadawca|sender|from|od|reply-to)\b(?: \w+)?\s*:", re.IGNORECASE
)
_BLANKS = re.compile(r"[ \t\r\f\v\u00a0]+")
_WORD = re.compile(r"[^\W\d_]{2}")


@dataclass(frozen=True, slots=True)
class Section:
    """An address, the words about it, and whether its line holds nothing else, as in a list of failures."""

    address: str
    about: str
    stands_alone: bool


def is_of_a_service(address: str) -> bool:
    """Whether nobody is written to there: postmaster, mailer-daemon, no-reply and their like."""
    return bool(_OF_A_SERVICE.match(address))


def own_words(text: str) -> str:
    """What the mail system itself says: without the returned message and without quoted lines."""
    return _QUOTED_LINE.sub("", _parted(text)[0])


def returned_headers_in(text: str) -> dict[str, str]:
    """``from`` and ``to`` of a returned message that stands in the text itself; empty where none does."""
    found: dict[str, str] = {}
    for match in _RETURNED_FIELD.finditer(_parted(text)[1]):
        found.setdefault(match[1].lower(), match[2])
    return found


def _parted(text: str) -> tuple[str, str]:
    """The mail system's words, and the copy of the returned message that follows them."""
    plain = _BLANKS.sub(" ", text[:READ_CHARACTERS])
    copy = _RETURNED_COPY.search(plain)
    at = copy.start() if copy else len(plain)
    return plain[:at], plain[at:]


def addresses_in(text: str) -> Iterator[tuple[str, int]]:
    """Each address and where it starts, in order; message ids are none."""
    for match in _ADDRESS.finditer(text[:READ_CHARACTERS]):
        before = text[max(0, match.start() - 16) : match.start()]
        if not _LOOKS_LIKE_A_MESSAGE_ID.search(before):
            yield match[1].strip("'*").rstrip("."), match.start()


def sections(text: str, ignored: set[str]) -> list[Section]:
    """Each address with the words about it: its line and what follows, up to the next address.

    ``ignored`` holds normalised addresses, the sender's own above all. With one address, all words are
    about it.
    """
    first: dict[str, tuple[str, int]] = {}
    for address, start in addresses_in(text):
        key = normalise_email(address)
        is_of_sender = _NAMES_THE_SENDER.match(_line_at(text, text.rfind("\n", 0, start) + 1))
        if key not in ignored and not is_of_a_service(address) and not is_of_sender:
            first.setdefault(key, (address, start))
    found = list(first.values())[:MOST_ADDRESSES]
    if not found:
        return []
    if len(found) == 1:
        return [Section(found[0][0], text, stands_alone=True)]
    starts = [text.rfind("\n", 0, start) + 1 for _address, start in found]
    ends = [*starts[1:], len(text)]
    return [
        Section(address, text[start:end] or _line_at(text, start), _stands_alone(_line_at(text, start)))
        for (address, _at), start, end in zip(found, starts, ends, strict=True)
    ]


def _line_at(text: str, start: int) -> str:
    end = text.find("\n", start)
    return text[start : end if end >= 0 else len(text)]


def _stands_alone(line: str) -> bool:
    return not _WORD.search(_ADDRESS.sub(" ", line))
