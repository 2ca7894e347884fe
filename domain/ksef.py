"""An invoice on its way into KSeF: its states, what KSeF's answers mean, and the deadline when it is down.

Codes: the description of `GET /sessions/{reference}/invoices/{reference}` in the interface's open-api.json.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.working_days import next_working_day


class KsefEnvironment(StrEnum):
    """Which KSeF: of these only production is one in the eyes of the law."""

    TEST = "test"
    DEMO = "demo"
    PRODUCTION = "production"
    SANDBOX = "sandbox"


class KsefState(StrEnum):
    """SENDING: it may have arrived. OFFLINE: issued while KSeF was down, to be sent when it is back."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    OFFLINE = "offline"


OPEN = (KsefState.WAITING, KsefState.SENDING, KsefState.SENT, KsefState.OFFLINE)
"""Still to be worked on."""


class Verdict(StrEnum):
    PENDING = "pending"
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REFUSED = "refused"
    AGAIN = "again"


_VERDICTS = {
    100: Verdict.PENDING,  # taken in
    150: Verdict.PENDING,  # being processed
    200: Verdict.ACCEPTED,
    405: Verdict.AGAIN,  # cancelled, because the session failed
    440: Verdict.DUPLICATE,
    500: Verdict.AGAIN,  # unknown error
    550: Verdict.AGAIN,  # cancelled by the system, which asks to send again
}


def verdict_of(code: int) -> Verdict:
    """What a document's status means. Refused: 410 no right to issue, 415 attachment, 430 file, 435
    decryption, 450 content; and whatever else there may be, which a person looks at.
    """
    return _VERDICTS.get(code, Verdict.REFUSED)


@dataclass(frozen=True, slots=True)
class DocumentStatus:
    """What KSeF says of a document. ``original_*`` name the one that a duplicate (440) repeats."""

    code: int
    text: str
    ksef_number: str = ""
    original_number: str = ""
    original_session: str = ""


class KsefFailure(Exception):
    """``code`` is KSeF's own or HTTP's, 0 for none; ``text`` is for a person to read."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.code, self.text = code, text


class KsefUnavailable(KsefFailure):
    """Surely not taken. ``is_down``: KSeF itself does not work, as opposed to not letting us in.

    ``retry_after``: seconds that it asked to be left alone for.
    """

    def __init__(self, code: int, text: str, *, is_down: bool, retry_after: int = 0) -> None:
        super().__init__(code, text)
        self.is_down, self.retry_after = is_down, retry_after


class KsefLost(KsefFailure):
    """It may have been taken, and no answer came: look before sending again."""


class KsefRefused(KsefFailure):
    """It said no to this request."""


def offline_deadline(issued_on: date) -> date:
    """The last day for sending what was issued in the mode offline24: the working day after the day of issue
    (art. 106nda of the VAT Act).
    """
    return next_working_day(issued_on)
