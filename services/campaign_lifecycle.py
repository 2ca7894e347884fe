"""What moves a campaign on by itself: its start, and its end when nothing is left to send."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.delivery import UNFINISHED, CampaignStatus
from models.campaign import Campaign
from models.message import Message
from models.sessions import rows_changed


def start_scheduled(session: Session, now: datetime) -> int:
    """Start every campaign whose time has come; the number started. Commits."""
    started = rows_changed(
        session,
        sa.update(Campaign)
        .where(Campaign.status == CampaignStatus.SCHEDULED, Campaign.starts_at <= now)
        .values(status=CampaignStatus.SENDING, started_at=now),
    )
    session.commit()
    return started


def finish_exhausted(session: Session, now: datetime, *, campaign_id: int | None = None) -> int:
    """Finish the campaigns that have nothing queued or sending; the number finished. Commits."""
    unfinished = sa.exists().where(Message.campaign_id == Campaign.id, Message.status.in_(UNFINISHED))
    statement = (
        sa.update(Campaign)
        .where(Campaign.status == CampaignStatus.SENDING, ~unfinished)
        .values(status=CampaignStatus.FINISHED, finished_at=now)
    )
    if campaign_id is not None:
        statement = statement.where(Campaign.id == campaign_id)
    finished = rows_changed(session, statement)
    session.commit()
    return finished
