"""What goes wrong at the KSeF stand-in, for a test or a rehearsal to say beforehand."""

import re
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Step(StrEnum):
    """What a request is for, by its address."""

    KEYS = "keys"
    LOG_IN = "log in"
    OPEN = "open"
    SEND = "send"
    CLOSE = "close"
    LIST = "list"
    ASK = "ask"
    RECEIPT = "receipt"
    READ = "read"


_ADDRESSES = (
    (Step.KEYS, "GET security/public-key-certificates"),
    (Step.LOG_IN, "(GET|POST) auth/.+"),
    (Step.OPEN, "POST sessions/online"),
    (Step.SEND, "POST sessions/online/[^/]+/invoices"),
    (Step.CLOSE, "POST sessions/online/[^/]+/close"),
    (Step.LIST, "GET sessions/[^/]+/invoices"),
    (Step.RECEIPT, "GET sessions/[^/]+/invoices/ksef/[^/]+/upo"),
    (Step.ASK, "GET sessions/[^/]+/invoices/[^/]+"),
    (Step.READ, "GET invoices/ksef/[^/]+"),
)


def step_of(method: str, parts: Sequence[str]) -> Step | None:
    """The step a request under /v2 belongs to; None for an address that KSeF does not have."""
    asked = f"{method} {'/'.join(parts[1:])}"
    return next((step for step, pattern in _ADDRESSES if re.fullmatch(pattern, asked)), None)


def _nothing_refused() -> dict[Step, deque[int]]:
    return defaultdict(deque)


@dataclass
class Script:
    """What goes wrong next. ``is_down``: every request is answered with 503. ``too_many``: so many requests
    are answered with 429 and ``retry_after`` seconds. ``refusals``: the statuses of HTTP that the next
    requests of a step get, and nothing is done. ``ends``: after so many documents a session ends by itself,
    one number for one session. ``verdicts``: what the next documents get, whatever is in them. ``lost``: so
    many documents are taken in without an answer. ``senseless``: so many requests are answered with 200 and
    nothing that KSeF would say. ``delay``: so many questions about a document are answered with 100 and 150
    before the last word.
    """

    is_down: bool = False
    too_many: int = 0
    retry_after: int = 30
    refusals: dict[Step, deque[int]] = field(default_factory=_nothing_refused)
    ends: deque[int] = field(default_factory=deque)
    verdicts: deque[int] = field(default_factory=deque)
    lost: int = 0
    senseless: int = 0
    delay: int = 1

    def refuse(self, step: Step, *statuses: int) -> None:
        """The next requests of a step are answered with these."""
        self.refusals[step].extend(statuses)

    def refusal_of(self, method: str, parts: Sequence[str]) -> int:
        """The status a request is refused with, which is then used up; 0 for none."""
        step = step_of(method, parts)
        waiting = self.refusals.get(step) if step else None
        return waiting.popleft() if waiting else 0

    def ends_session(self, documents: int) -> bool:
        """Whether a session that has so many documents now ends by itself."""
        if not self.ends or documents < self.ends[0]:
            return False
        self.ends.popleft()
        return True
