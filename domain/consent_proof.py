"""What proves that a client agreed (RODO art. 7 ust. 1): the words, what was said when and how, and what was
sent on the strength of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

SAID: Mapping[str, str] = {"granted": "udzielona", "withdrawn": "wycofana"}
HOW: Mapping[str, str] = {
    "form": "formularz",
    "paper": "na papierze",
    "phone": "telefonicznie",
    "email": "e-mailem",
    "sms": "SMS-em",
    "link": "przez link",
    "import": "import",
}
CHANNELS: Mapping[str, str] = {"email": "e-mail", "sms": "SMS", "letter": "list"}
PURPOSES: Mapping[str, str] = {
    "marketing": "marketing",
    "data_processing": "przetwarzanie danych",
    "other": "inny cel",
}
"""The proof is Polish whatever the panel's language."""


@dataclass(frozen=True, slots=True)
class ProofWording:
    """One version of the words, as they were shown."""

    version: int
    published_at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class ProofEvent:
    """``said`` and ``how`` as in SAID and HOW; ``by`` is the person of the office, if it was one."""

    number: int
    said: str
    occurred_at: datetime
    recorded_at: datetime
    wording: int
    how: str
    source: str
    by: str
    ip: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class ProofConsent:
    """A definition with the versions that were answered and the answers, oldest first."""

    name: str
    purpose: str
    channel: str
    wordings: tuple[ProofWording, ...]
    events: tuple[ProofEvent, ...]


@dataclass(frozen=True, slots=True)
class ProofMessage:
    """A message that relied on the event of that number; ``title`` of an SMS is its beginning. One that
    ``is_uncertain`` may have been sent at ``sent_at``.
    """

    event: int
    sent_at: datetime
    channel: str
    address: str
    title: str
    is_uncertain: bool = False


@dataclass(frozen=True, slots=True)
class ProofSheet:
    """All but the messages, which may be many; ``messages`` is their number, ``uncertain`` that of those
    which may not have been sent. ``company``: the controller (RODO art. 4 pkt 7), "" while nobody has
    entered our name.
    """

    client_id: int
    client: str
    company: str
    made_at: datetime
    consents: tuple[ProofConsent, ...]
    messages: int
    uncertain: int = 0
