"""What of a text can be printed on an invoice."""

import re
import unicodedata

_LAST_OF_BASIC_PLANE = "\uffff"
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me"})
_WHITE = re.compile(r"\s+")


def printed_line(text: str) -> str:
    """One line of composed letters: every white space is one space; control and direction marks, stacked
    accents, and what the fonts cannot show (emoji: all beyond the basic plane) are dropped.
    """
    return " ".join("".join(filter(_is_shown, _composed(text))).split())


def not_printed(text: str) -> tuple[str, ...]:
    """The characters that `printed_line` drops, as ``U+1F680``, each once."""
    dropped = dict.fromkeys(character for character in _composed(text) if not _is_shown(character))
    return tuple(f"U+{ord(character):04X}" for character in dropped)


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", _WHITE.sub(" ", text))


def _is_shown(character: str) -> bool:
    return character <= _LAST_OF_BASIC_PLANE and unicodedata.category(character) not in _UNSEEN
