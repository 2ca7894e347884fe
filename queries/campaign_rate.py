"""How fast a campaign goes out, from the acknowledgements of the last seconds."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.delivery import Status
from models.audit import AuditEntry
from models.campaign import Campaign
from models.message import Message

WINDOW = timedelta(seconds=10)


def sent_per_second(session: Session, campaign: Campaign, *, now: datetime) -> float:
    """Messages accepted per second, over the last ten seconds or the time since the start, or since a pause
    ended, if that is less.
    """
    began = now - WINDOW
    since = max(began, campaign.started_at or began, _resumed(session, campaign.id, began) or began)
    seconds = max((now - since).total_seconds(), 1.0)
    # The account narrows it to an index on (account, time sent): a campaign of millions costs no more.
    accepted = session.scalar(
        sa.select(sa.func.count()).where(
            Message.account_id == campaign.account_id,
            Message.sent_at >= since,
            Message.campaign_id == campaign.id,
            Message.status == Status.SENT,
        )
    )
    return (accepted or 0) / seconds


def _resumed(session: Session, campaign_id: int, since: datetime) -> datetime | None:
    """When a person last resumed it, if that is not long ago."""
    return session.scalar(
        sa.select(sa.func.max(AuditEntry.recorded_at)).where(
            AuditEntry.entity == Campaign.__tablename__,
            AuditEntry.entity_id == str(campaign_id),
            AuditEntry.action == "resume",
            AuditEntry.recorded_at >= since,
        )
    )


def seconds_left(unfinished: int, per_second: float) -> int | None:
    """How long the rest will take at this pace; None when nothing is moving."""
    return round(unfinished / per_second) if per_second > 0 else None
