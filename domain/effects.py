"""What a client's message did, or did not do, by itself; said beside it so that nobody has to guess.

An answer that decided an offer is named by the offer it decided.
"""

from enum import StrEnum


class Effect(StrEnum):
    """Of an answer about an offer: why it stands as it did. Of a STOP: whether there was anything to stop."""

    NEEDS_DECISION = "needs_decision"
    ALREADY_ACCEPTED = "already_accepted"
    ALREADY_REJECTED = "already_rejected"
    REPLACED = "replaced"
    EXPIRED = "expired"
    NOT_AWAITING = "not_awaiting"
    STOPPED = "stopped"
    NOTHING_TO_STOP = "nothing_to_stop"

    @property
    def waits_for_a_person(self) -> bool:
        """Whether something is left that only a person can do."""
        return self not in {Effect.STOPPED, Effect.NOTHING_TO_STOP}
