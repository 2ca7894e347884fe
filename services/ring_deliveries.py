"""Ringing for due messages: a few chains of jobs per campaign, each walking its own part of the ids."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from queries.due_deliveries import DueRange, due_ranges
from services.job_names import DELIVERS, Enqueue

CHAINS = 4
SMALLEST_CHAIN = 100


def ring_campaign(session: Session, campaign_id: int, *, now: datetime, enqueue: Enqueue) -> None:
    """Ring for everything a campaign has due."""
    for work in due_ranges(session, now=now, campaign_id=campaign_id):
        ring(work, enqueue)


def ring(work: DueRange, enqueue: Enqueue) -> None:
    """Ring one job per chain: delivery jobs take a part of their range and ring for the rest."""
    for first, last in _chains(work):
        enqueue(DELIVERS[work.line.channel], work.account_id, work.campaign_id, first, last)


def _chains(work: DueRange) -> Iterator[tuple[int, int]]:
    chains = max(1, min(CHAINS, work.count // SMALLEST_CHAIN))
    step = -(-(work.last_id - work.first_id + 1) // chains)
    for first in range(work.first_id, work.last_id + 1, step):
        yield first, min(first + step - 1, work.last_id)
