"""Starting a scheduled campaign before its time."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.delivery import CampaignStatus, Status
from models.campaign import Campaign
from models.message import Message
from models.sessions import rows_changed
from services.job_names import Enqueue
from services.ring_deliveries import ring_campaign
from services.steer_campaign import NotPossibleNow, audit_and_commit


def start_now(
    session: Session, campaign_id: int, *, actor_id: int | None, now: datetime, enqueue: Enqueue
) -> int:
    """Send what was planned for later at once; the number of messages. Audits it. Raises NotPossibleNow."""
    started = rows_changed(
        session,
        sa.update(Campaign)
        .where(Campaign.id == campaign_id, Campaign.status == CampaignStatus.SCHEDULED)
        .values(status=CampaignStatus.SENDING, starts_at=now, started_at=now),
    )
    if not started:
        session.rollback()
        raise NotPossibleNow
    due = rows_changed(
        session,
        sa.update(Message)
        .where(Message.campaign_id == campaign_id, Message.status == Status.QUEUED)
        .values(due_at=now),
    )
    audit_and_commit(session, "start", campaign_id, {"count": due}, actor_id=actor_id, now=now)
    ring_campaign(session, campaign_id, now=now, enqueue=enqueue)
    return due
