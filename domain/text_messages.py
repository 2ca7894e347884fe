"""What passes between us and any SMS gateway: a text out, reports of its delivery and texts back."""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, TypeVar

from domain.delivery import DeliveryState


@dataclass(frozen=True, slots=True)
class TextMessage:
    """One SMS to hand over. ``number`` and a numeric ``sender`` are E.164 with the +.

    ``reference`` is our own name for this attempt (the DeliveryAttempt's uuid): an automatic retry keeps it,
    so a gateway that knows it already sends nothing twice. ``most_parts``: refuse rather than send a longer
    text.
    """

    number: str
    text: str
    sender: str
    reference: str
    most_parts: int = 9


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """News of a text a gateway took. ``state`` is none while it is only on its way; ``proves_taken`` is false
    where it says nothing of the kind (the gateway does not know the text).

    ``reference`` is ours and ``provider_reference`` the gateway's; either may be empty, not both.
    ``moment`` is when it happened (UTC), none when the gateway did not say; ``code`` is its own word for it.
    """

    reference: str
    provider_reference: str
    state: DeliveryState | None
    moment: datetime | None
    code: str
    proves_taken: bool = True


@dataclass(frozen=True, slots=True)
class IncomingText:
    """A text somebody sent to us. ``provider_reference`` is the gateway's own name for it."""

    provider_reference: str
    sender: str
    recipient: str
    text: str
    moment: datetime | None


News = TypeVar("News", DeliveryReport, IncomingText)


def without_nul(news: News) -> News:
    """The same without the NUL characters that a telephone may send and PostgreSQL cannot store."""
    texts: dict[str, Any] = {}
    for each in fields(news):
        value = getattr(news, each.name)
        if type(value) is str:
            texts[each.name] = value.replace("\0", "")
    return replace(news, **texts)
