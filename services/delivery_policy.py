"""The settings the delivery engine runs by."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class DeliveryPolicy:
    """Times and sizes of the engine.

    ``lease``: how long a silent worker keeps its claim. ``claim_size`` and ``claim_time``: when a job
    ends and rings again. ``retry_*``: the back-off after `Unavailable`. ``pause_after``: how many
    account-level failures in a row pause a campaign.
    """

    lease: timedelta = timedelta(seconds=120)
    claim_size: int = 500
    claim_time: timedelta = timedelta(seconds=1)
    retry_first: timedelta = timedelta(minutes=1)
    retry_longest: timedelta = timedelta(hours=1)
    retry_give_up: timedelta = timedelta(hours=24)
    pause_after: int = 5
