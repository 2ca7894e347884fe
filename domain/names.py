"""Names as people write them, and as a search finds them."""

import re
import unicodedata

# ł has no Unicode decomposition.
_UNDECOMPOSED = str.maketrans({"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ø": "o", "Ø": "O", "ß": "ss"})

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def as_one_line(text: str) -> str:
    """``text`` as a line of a form holds it: runs of control characters are a space, none at its ends."""
    return _CONTROLS.sub(" ", text).strip()


def fold(text: str) -> str:
    """Lower case without diacritics, single spaces: „Żółć  Łódź” becomes ``zolc lodz``."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_UNDECOMPOSED))
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(plain.casefold().split())
