"""What a client's message did or did not do, in the panel's words."""

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _

from domain.effects import Effect
from models.message import Direction, Message

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


def mark_of(message: Message) -> Mark | None:
    """What `services.mark_effect` wrote down with an incoming message, if anything."""
    kept = message.merge_values
    if message.direction is not Direction.INCOMING or not kept or kept.get("effect") not in set(Effect):
        return None
    effect = Effect(kept["effect"])
    values = {"version": kept.get("version", ""), "number": kept.get("number", "")}
    return Mark(str(_WORDS[effect] % values), effect.waits_for_a_person)
