"""What a client's message did or did not do, in the panel's words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from domain.effects import Effect
from models.message import Direction, Message
from queries.offer_asked import closed_offers

_WORDS: dict[Effect, Any] = {
    Effect.NEEDS_DECISION: _("Needs a decision: offer %(version)s for repair %(number)s is still open"),
    Effect.ALREADY_ACCEPTED: _(
        "Nothing was changed: offer %(version)s for repair %(number)s had been accepted already"
    ),
    Effect.ALREADY_REJECTED: _(
        "Nothing was changed: offer %(version)s for repair %(number)s had been rejected already"
    ),
    Effect.REPLACED: _(
        "Nothing was changed: offer %(version)s for repair %(number)s had been replaced by a newer one"
    ),
    Effect.EXPIRED: _("Nothing was changed: offer %(version)s for repair %(number)s had expired"),
    Effect.NOT_AWAITING: _("Nothing was changed: repair %(number)s was not awaiting acceptance"),
    Effect.STOPPED: _("Withdrew consent to marketing by SMS"),
    Effect.NOTHING_TO_STOP: _("STOP: there was no consent to marketing by SMS to withdraw"),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """``waits``: something is left that only a person can do."""

    words: str
    waits: bool


def marks_of(session: Session, messages: Sequence[Message]) -> dict[int, Mark]:
    """What `services.mark_effect` wrote down with each of the incoming messages. That a decision is needed is
    said only until it is made.
    """
    kept = {each.id: values for each in messages if (values := _kept(each))}
    numbers = {values["number"] for values in kept.values() if values["effect"] == Effect.NEEDS_DECISION}
    closed = closed_offers(session, numbers)
    return {
        number: _mark(values)
        for number, values in kept.items()
        if values["effect"] != Effect.NEEDS_DECISION or (values["number"], values["version"]) not in closed
    }


def _kept(message: Message) -> dict[str, str]:
    kept = message.merge_values
    if message.direction is not Direction.INCOMING or not kept or kept.get("effect") not in set(Effect):
        return {}
    return {name: str(kept.get(name, "")) for name in ("effect", "version", "number")}


def _mark(kept: Mapping[str, str]) -> Mark:
    effect = Effect(kept["effect"])
    return Mark(str(_WORDS[effect] % kept), effect.waits_for_a_person)
