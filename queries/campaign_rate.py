"""How fast a campaign goes out, from the acknowledgements of the last seconds."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.delivery import Status
from models.campaign import Campaign
from models.message import Message

WINDOW = timedelta(seconds=10)


def sent_per_second(session: Session, campaign: Campaign, *, now: datetime) -> float:
    """Messages accepted per second, over the last ten seconds or the time since the start if that is less."""
    since = max(now - WINDOW, campaign.started_at or now - WINDOW)
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


def seconds_left(unfinished: int, per_second: float) -> int | None:
    """How long the rest will take at this pace; None when nothing is moving."""
    return round(unfinished / per_second) if per_second > 0 else None
