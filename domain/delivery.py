"""The life of one delivery: its statuses, the moves between them, and when to try again."""

from datetime import timedelta
from enum import StrEnum


class Status(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    RECEIVED = "received"


class DeliveryState(StrEnum):
    """What became of a sent message, as far as anyone told us."""

    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    BOUNCED = "bounced"


def reported_state(known: DeliveryState | None, said: DeliveryState | None) -> DeliveryState | None:
    """What became of a message after one more report, whatever order they come in: delivered is final, and
    "on its way" (None) takes nothing back.
    """
    return known if said is None or known is DeliveryState.DELIVERED else said


class Move(StrEnum):
    """Everything that can happen to a delivery."""

    CLAIM = "claim"
    ACCEPT = "accept"
    REFUSE = "refuse"
    RELEASE = "release"
    GIVE_UP = "give_up"
    LOSE = "lose"
    SKIP = "skip"
    CANCEL = "cancel"
    LATE_ACCEPT = "late_accept"
    LATE_REFUSE = "late_refuse"
    PROVE = "prove"
    TREAT_AS_SENT = "treat_as_sent"
    SEND_AGAIN = "send_again"


TRANSITIONS: dict[tuple[Status, Move], Status] = {
    (Status.QUEUED, Move.CLAIM): Status.SENDING,
    (Status.QUEUED, Move.CANCEL): Status.CANCELLED,
    (Status.QUEUED, Move.GIVE_UP): Status.FAILED,
    (Status.SENDING, Move.ACCEPT): Status.SENT,
    (Status.SENDING, Move.REFUSE): Status.FAILED,
    (Status.SENDING, Move.RELEASE): Status.QUEUED,
    (Status.SENDING, Move.GIVE_UP): Status.FAILED,
    (Status.SENDING, Move.LOSE): Status.UNCERTAIN,
    (Status.SENDING, Move.SKIP): Status.SKIPPED,
    (Status.UNCERTAIN, Move.LATE_ACCEPT): Status.SENT,
    (Status.UNCERTAIN, Move.LATE_REFUSE): Status.FAILED,
    (Status.QUEUED, Move.PROVE): Status.SENT,
    (Status.UNCERTAIN, Move.PROVE): Status.SENT,
    (Status.FAILED, Move.PROVE): Status.SENT,
    (Status.UNCERTAIN, Move.TREAT_AS_SENT): Status.SENT,
    (Status.UNCERTAIN, Move.SEND_AGAIN): Status.QUEUED,
    (Status.FAILED, Move.SEND_AGAIN): Status.QUEUED,
}

UNFINISHED = (Status.QUEUED, Status.SENDING)

SURELY_UNSENT = (Status.FAILED, Status.CANCELLED, Status.SKIPPED)


def sources(move: Move) -> tuple[Status, ...]:
    """The statuses the move may start from: what a conditional UPDATE has to ask for."""
    return tuple(status for (status, candidate) in TRANSITIONS if candidate == move)


def target(move: Move) -> Status:
    """The one status the move leads to."""
    (status,) = {after for (_before, candidate), after in TRANSITIONS.items() if candidate == move}
    return status


class CampaignStatus(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


def back_off(failures: int, *, first: timedelta, longest: timedelta) -> timedelta:
    """How long to wait after the ``failures``-th failure in a row (1 is the first): doubling, capped."""
    if failures < 1:
        return timedelta(0)
    exponent = min(failures - 1, 30)
    return min(first * 2**exponent, longest)
