"""What a client's SMS means where only a yes, a no or a wish to hear nothing more is understood by itself.

Anything that is not plainly one of them is for a person (manual 001_f98235051ea960ea.txt, KOMUNIKACJA
DWUSTRONNA SMS). STOP and REZYGNUJĘ must be the whole message (PKE art. 398, RODO art. 7 ust. 3).
"""

import re
from enum import StrEnum

from domain.names import fold

_STOPS = frozenset({"stop", "rezygnuje"})
_WORD = re.compile(r"[a-z]+")
_AROUND = " .,!;:-–—\"'„”“’‘«»()[]*_\u200b\u2060\ufeff"
"""What a telephone or a habit puts around a word; a question mark is none of them."""
_ALLOWED = re.compile(r"[a-z .,!;:()-]+")
_POLITE = frozenset(
    {"prosze", "poprosze", "dziekuje", "dziekujemy", "dzieki", "dzien", "dobry", "witam", "witamy", "czesc",
     "pozdrawiam", "pozdrawiamy", "pozdr", "serdecznie", "bardzo", "z", "gory", "panstwu", "pan", "pani"}
)  # fmt: skip
_AGREEMENT = re.compile(
    r"\b(akceptuje|akceptujemy|zgadzam sie|zgadzamy sie|zgoda|potwierdzam|potwierdzamy)\b"
)
_REFUSAL = re.compile(r"\bnie (?:akceptuje|akceptujemy|zgadzam sie|zgadzamy sie)\b")
_LONGEST = 160


class Answer(StrEnum):
    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"


def is_stop(text: str) -> bool:
    """Whether the whole message is STOP, REZYGNUJE or REZYGNUJĘ, in any case and between any signs."""
    return fold(text).strip(_AROUND) in _STOPS


def answer_in(text: str) -> Answer:
    """Yes or no, whatever the case, the diacritics, the punctuation and the politeness around it.

    A question, a condition, a number or any other word makes it unclear; so do a yes and a no together.
    """
    folded = fold(text)
    if len(folded) > _LONGEST or not _ALLOWED.fullmatch(folded):
        return Answer.UNCLEAR
    refused, agreed = _REFUSAL.search(folded), _AGREEMENT.search(_REFUSAL.sub(" ", folded))
    rest = _WORD.findall(_AGREEMENT.sub(" ", _REFUSAL.sub(" ", folded)))
    said = {word for word in rest if word not in _POLITE} | ({"nie"} if refused else set())
    if said == {"tak"}:
        return Answer.YES
    return Answer.NO if said == {"nie"} and not agreed else Answer.UNCLEAR
