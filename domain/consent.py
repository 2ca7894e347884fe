"""What a client's consent events amount to: the last thing the person said counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Said:
    """One grant or withdrawal under one definition. ``recorded`` orders those said at the same moment."""

    granted: bool
    wording_version: int
    occurred_at: datetime
    recorded: int

    def supersedes(self, other: "Said | None") -> bool:
        """Whether this decides instead of ``other``.

        A paper found late does not bring back a consent that was withdrawn after it was signed
        (RODO art. 7(3)): the moment it was said counts, not the moment it was typed in.
        """
        return other is None or (self.occurred_at, self.recorded) >= (other.occurred_at, other.recorded)


def deciding(events: Iterable[Said]) -> Said | None:
    """The event that says what holds today, in whatever order the events are given; none without events."""
    decided: Said | None = None
    for event in events:
        if event.supersedes(decided):
            decided = event
    return decided
