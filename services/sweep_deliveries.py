"""The sweep: whatever a lost ring or a dead worker left behind is picked up again."""

from datetime import datetime

from sqlalchemy.orm import Session

from queries.due_deliveries import due_ranges
from services.campaign_lifecycle import finish_exhausted, start_scheduled
from services.job_names import Enqueue
from services.recover_claims import recover_claims
from services.ring_deliveries import ring


def sweep_deliveries(session: Session, *, now: datetime, enqueue: Enqueue, boot: str = "") -> int:
    """Recover dead claims, start what is scheduled, ring for due work; the number of ranges rung for.

    May run anywhere, any number of times at once: everything it does is conditional.
    """
    recover_claims(session, now, boot=boot)
    start_scheduled(session, now)
    unattended = due_ranges(session, now=now, only_unattended=True)
    session.rollback()
    for work in unattended:
        ring(work, enqueue)
    finish_exhausted(session, now)
    return len(unattended)
