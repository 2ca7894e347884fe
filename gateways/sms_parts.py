"""A text cut into its parts for gateways that leave that to us, and what the parts' outcomes mean together.

Each part of several begins with a header of six octets (3GPP TS 23.040, 9.2.3.24.1: concatenated short
messages, 8-bit reference number). Nothing is gained by handing parts over at once: after one is lost, the
phone shows a torso, and whether more of it arrives is for a person to decide.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from domain.outcomes import Accepted, Failure, Outcome, Uncertain
from domain.segments import Encoding, segment, split
from domain.sms_diagnoses import PartlySent

_CONCATENATED = b"\x05\x00\x03"


@dataclass(frozen=True, slots=True)
class Part:
    """``header``: the user data header with its length, empty for the only part. ``last`` may be reported."""

    text: str
    encoding: Encoding
    header: bytes
    last: bool


def parts_of(text: str, number: int) -> list[Part]:
    """The parts of a text of at most 255; ``number`` tells texts to one telephone apart (its last 8 bits)."""
    encoding, texts = segment(text).encoding, split(text)
    if len(texts) == 1:
        return [Part(text, encoding, b"", last=True)]
    total = len(texts)
    return [
        Part(piece, encoding, _CONCATENATED + bytes((number & 0xFF, total, place)), last=place == total)
        for place, piece in enumerate(texts, 1)
    ]


def hand_over(parts: Sequence[Part], send: Callable[[Part], Outcome]) -> Outcome:
    """Send part after part. Accepted, with the last part's reference, when all were; what became of the first
    when that was not; Uncertain when another was not, for a beginning of the text may be shown.
    """
    outcome: Outcome = Accepted()
    for place, part in enumerate(parts):
        outcome = send(part)
        if isinstance(outcome, Failure):
            return outcome if place == 0 else _partly(place, len(parts), outcome)
    return outcome


def _partly(sent: int, parts: int, failure: Failure) -> Uncertain:
    said = failure.code or failure.text
    return Uncertain(failure.code, str(PartlySent(sent=sent, parts=parts, said=said)))
