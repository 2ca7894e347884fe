"""What every SMS gateway has in common: which texts are handed over at all, and how a request may fail."""

import re

from domain.outcomes import Refused, Unavailable, Uncertain
from domain.segments import TooManyParts, check_parts, segment
from domain.sms_diagnoses import GatewayAnswerLost, UnusableNumber, UnusableSender, UnwritableText
from domain.text_messages import TextMessage

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_SENDER = re.compile(r"[\x20-\x7e]{1,11}|\+?[0-9]{3,15}|")
_REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,255}")


class NotSent(Exception):
    """Not one whole request has left us; ``outcome`` says why."""

    def __init__(self, outcome: Unavailable) -> None:
        super().__init__(outcome.text)
        self.outcome = outcome


class AnswerLost(Exception):
    """The request may have arrived, and nothing that is an answer came back; the text says why."""


def refusal_of_ours(message: TextMessage) -> Refused | None:
    """Why a text must not be handed over at all.

    A comma in the number would make it several recipients, a ``|`` in the reference several references, for
    SMSAPI. Raises ValueError for a reference that is not of our making.
    """
    if not _NUMBER.fullmatch(message.number):
        return Refused("", str(UnusableNumber()))
    if not _SENDER.fullmatch(message.sender):
        return Refused("", str(UnusableSender()))
    if not _REFERENCE.fullmatch(message.reference):
        raise ValueError("the reference is none of ours")
    if not message.text.strip() or not _can_be_written(message.text):
        return Refused("", str(UnwritableText()))
    try:
        check_parts(segment(message.text), message.most_parts)
    except TooManyParts as error:
        return Refused("", str(error))
    return None


def lost(why: str) -> Uncertain:
    """The request may have arrived, and no answer came."""
    return Uncertain("", str(GatewayAnswerLost(why=why)))


def _can_be_written(text: str) -> bool:
    try:
        return "\0" not in text and bool(text.encode("utf-8"))
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
