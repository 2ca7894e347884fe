"""How many billed parts a text message makes, and which characters make it dear (3GPP TS 23.038 and 23.040).

One part holds 160 septets of GSM-7 or 70 UTF-16 units; of several parts each holds 153 or 67, the rest
being the header that joins them. A character of the GSM extension table and one beyond the Basic
Multilingual Plane take two units, which no part may separate. The table of the manual
(001_f98235051ea960ea.txt, PŁATNOŚĆ) follows from these numbers.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from domain.errors import DomainError
from domain.gsm_alphabet import BASIC, ESCAPE, EXTENSION

MOST_PARTS = 9
_DOUBLE_SEPTETS = frozenset(EXTENSION)
_GSM = frozenset(BASIC.replace(chr(ESCAPE), "")) | _DOUBLE_SEPTETS
_LAST_OF_ONE_UNIT = "\uffff"
_UNUSUAL_ASCII = re.compile(
    "["
    + re.escape("".join(chr(code) for code in range(128) if chr(code) not in _GSM - _DOUBLE_SEPTETS))
    + "]"
)
_TWO_SEPTETS = re.compile(f"[{re.escape(''.join(EXTENSION))}]")
_TWO_UNITS = re.compile("[\U00010000-\U0010ffff]")


class Encoding(StrEnum):
    GSM7 = "gsm7"
    UCS2 = "ucs2"


_ROOM = {Encoding.GSM7: (160, 153), Encoding.UCS2: (70, 67)}


class TooManyParts(DomainError):
    """Parameters: ``parts``, ``limit``."""

    message = "The text makes %(parts)s SMS parts; at most %(limit)s may be sent as one message. Shorten it."


@dataclass(frozen=True, slots=True)
class Segmentation:
    """``units``: septets or UTF-16 units; ``parts``: billed, none for an empty text.

    ``expensive``: what forces UCS-2, or in GSM-7 costs double, each once in the order of the text.
    """

    encoding: Encoding
    units: int
    parts: int
    expensive: tuple[str, ...]


def segment(text: str) -> Segmentation:
    """Count a text as the network bills it."""
    unusual = _unusual(text)
    beyond = unusual - _GSM
    encoding = Encoding.UCS2 if beyond else Encoding.GSM7
    costly = beyond or unusual & _DOUBLE_SEPTETS
    doubles = _doubles(text, encoding) if costly and _any_double(costly, encoding) else []
    units = len(text) + len(doubles)
    named = tuple(sorted(costly, key=text.index))
    return Segmentation(encoding, units, _count(text, encoding, doubles), named)


def split(text: str) -> list[str]:
    """The parts themselves: as few as can be, none with half a character; joined they are the text."""
    encoding = _encoding_of(text)
    ends = _ends(text, encoding, _doubles(text, encoding))
    return [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def check_parts(segmentation: Segmentation, limit: int = MOST_PARTS) -> None:
    """Raise TooManyParts for a text longer than the network, or the settings, let one message be."""
    if segmentation.parts > limit:
        raise TooManyParts(parts=segmentation.parts, limit=limit)


def _encoding_of(text: str) -> Encoding:
    return Encoding.UCS2 if _unusual(text) - _GSM else Encoding.GSM7


def _unusual(text: str) -> set[str]:
    """The different characters of a text; none for one of plain ASCII, which costs a septet each."""
    return set() if text.isascii() and not _UNUSUAL_ASCII.search(text) else set(text)


def _any_double(costly: Iterable[str], encoding: Encoding) -> bool:
    """Whether any of the costly characters takes two units: in GSM-7 they all do."""
    return encoding is Encoding.GSM7 or max(costly) > _LAST_OF_ONE_UNIT


def _doubles(text: str, encoding: Encoding) -> list[int]:
    """Where the characters of two units stand."""
    double = _TWO_SEPTETS if encoding is Encoding.GSM7 else _TWO_UNITS
    return [found.start() for found in double.finditer(text)]


def _count(text: str, encoding: Encoding, doubles: list[int]) -> int:
    single, joined = _ROOM[encoding]
    units = len(text) + len(doubles)
    if units <= single:
        return 1 if text else 0
    return len(_ends(text, encoding, doubles)) if doubles else -(-units // joined)


def _ends(text: str, encoding: Encoding, doubles: list[int]) -> list[int]:
    """Where each part ends: every part is filled before the next begins, which makes the fewest."""
    single, joined = _ROOM[encoding]
    if len(text) + len(doubles) <= single:
        return [len(text)] if text else []
    ends: list[int] = []
    position, seen = 0, 0
    while position < len(text):
        end = position + joined
        while seen < len(doubles) and doubles[seen] < end - 1:
            seen += 1
            end -= 1
        if seen < len(doubles) and doubles[seen] == end - 1:
            end -= 1  # only half of it would fit
        position = min(end, len(text))
        ends.append(position)
    return ends
