"""Who a text says it is from: a sender name, which cannot be answered, or a number, which can."""

import re

from domain.errors import DomainError
from domain.segments import Encoding, segment

LONGEST_NAME = 11
_NUMBER = re.compile(r"\+[1-9][0-9]{7,14}")


class SenderNotUsable(DomainError):
    message = (
        "A sender name has at most 11 characters without Polish letters, at least one of them a letter; a "
        "number begins with a plus and the country's code."
    )


def check_sender(sender: str) -> None:
    """Raise SenderNotUsable for what no network shows: a name is up to eleven septets of the basic GSM
    alphabet (3GPP TS 23.038 and 23.040, 9.1.2.5), of which gateways take what is ASCII; a number is E.164.
    Empty: the gateway's own.
    """
    if not sender or _NUMBER.fullmatch(sender):
        return
    counted = segment(sender)
    plain = counted.encoding is Encoding.GSM7 and not counted.expensive and sender.isascii()
    named = (
        any(character.isalpha() for character in sender) and sender.isprintable() and sender == sender.strip()
    )
    if not (plain and named and counted.units <= LONGEST_NAME):
        raise SenderNotUsable
