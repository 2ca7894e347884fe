"""Why a character makes an SMS dear."""

from enum import StrEnum

from domain.segments import Encoding, segment
from domain.transliteration import POLISH_LETTERS, to_gsm


class Dear(StrEnum):
    """``DOUBLE`` takes the place of two; each of the others halves the room of the whole text."""

    POLISH_LETTER = "polish_letter"
    TYPOGRAPHY = "typography"
    DOUBLE = "double"
    FOREIGN = "foreign"


def why_dear(character: str) -> Dear:
    """What is wrong with one of the characters that `segments` calls expensive."""
    if segment(character).encoding is Encoding.GSM7:
        return Dear.DOUBLE
    if character in POLISH_LETTERS:
        return Dear.POLISH_LETTER
    plain = to_gsm(character)
    return Dear.TYPOGRAPHY if segment(plain).encoding is Encoding.GSM7 else Dear.FOREIGN
