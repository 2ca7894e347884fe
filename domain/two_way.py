"""Whether a text can be answered at all (manual 001_f98235051ea960ea.txt, KOMUNIKACJA DWUSTRONNA SMS)."""

from enum import StrEnum

from domain.errors import DomainError


class OneWay(StrEnum):
    """Why nobody's answer would come back, in the order in which the first one counts."""

    SENDER_NAME = "sender_name"
    NO_INCOMING_ROUTE = "no_incoming_route"


class AnswersDoNotCome(DomainError):
    """``why`` says which of the two it is."""

    message = "Two-way SMS is off, so nothing was sent: an answer could not come back."

    def __init__(self, why: OneWay) -> None:
        self.why = why
        super().__init__()


def why_one_way(sender: str, *, has_incoming_route: bool) -> OneWay | None:
    """Why texts from that sender cannot be answered, none when they can.

    A sender name has no telephone behind it (3GPP TS 23.040, 9.1.2.5: an alphanumeric address); a number and
    the gateway's own sender (empty) can be answered, provided an active gateway brings answers to us.
    """
    if any(character.isalpha() for character in sender):
        return OneWay.SENDER_NAME
    return None if has_incoming_route else OneWay.NO_INCOMING_ROUTE
