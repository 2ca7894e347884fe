"""What the first page of the panel shows: a handful of grouped counts."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, scoped_session

from domain.delivery import CampaignStatus, Status
from domain.local_time import WARSAW
from models.bounce import Bounce
from models.campaign import Campaign
from models.message import Message

AnySession = Session | scoped_session[Any]
UNDER_WAY = (CampaignStatus.SENDING, CampaignStatus.PAUSED, CampaignStatus.SCHEDULED)


@dataclass(frozen=True, slots=True)
class Attention:
    """How many things wait for a person."""

    failed: int
    uncertain: int
    bounced: int


@dataclass(frozen=True, slots=True)
class CampaignUnderWay:
    campaign: Campaign
    done: int
    total: int


def attention(session: AnySession) -> Attention:
    """Failed and uncertain messages, and bounces nobody has handled."""
    waiting = (Status.FAILED, Status.UNCERTAIN)
    counted = dict(
        session.execute(
            sa.select(Message.status, sa.func.count())
            .where(Message.status.in_(waiting))
            .group_by(Message.status)
        ).all()
    )
    bounced = session.scalar(sa.select(sa.func.count(Bounce.id)).where(Bounce.handled_at.is_(None)))
    return Attention(counted.get(Status.FAILED, 0), counted.get(Status.UNCERTAIN, 0), bounced or 0)


def campaigns_under_way(session: AnySession, limit: int = 8) -> list[CampaignUnderWay]:
    """Campaigns that are being sent, paused or scheduled, newest first, with their progress."""
    campaigns = session.scalars(
        sa.select(Campaign).where(Campaign.status.in_(UNDER_WAY)).order_by(Campaign.id.desc()).limit(limit)
    ).all()
    finished = sa.func.count().filter(Message.status.not_in((Status.QUEUED, Status.SENDING)))
    rows = session.execute(
        sa.select(Message.campaign_id, finished, sa.func.count())
        .where(Message.campaign_id.in_([campaign.id for campaign in campaigns]))
        .group_by(Message.campaign_id)
    )
    progress = {campaign_id: (done, total) for campaign_id, done, total in rows}
    return [CampaignUnderWay(campaign, *progress.get(campaign.id, (0, 0))) for campaign in campaigns]


def messages_per_day(session: AnySession, now: datetime, days: int = 30) -> list[tuple[date, int]]:
    """Sent messages on each of the last ``days`` days in Warsaw, today last; days without any are 0.

    Grouped by hour in SQL and by day here: SQLite knows no time zones.
    """
    today = now.astimezone(WARSAW).date()
    first = today - timedelta(days=days - 1)
    start = datetime(first.year, first.month, first.day, tzinfo=WARSAW).astimezone(now.tzinfo)
    counted = dict.fromkeys((first + timedelta(days=offset) for offset in range(days)), 0)
    hour = _hour_of(session)
    rows = session.execute(sa.select(hour, sa.func.count()).where(Message.sent_at >= start).group_by(hour))
    for text, count in rows:
        moment = datetime.strptime(f"{text}+0000", "%Y-%m-%d %H%z").astimezone(WARSAW)
        if moment.date() in counted:
            counted[moment.date()] += count
    return list(counted.items())


def _hour_of(session: AnySession) -> sa.ColumnElement[str]:
    if session.get_bind().dialect.name == "postgresql":
        return sa.func.to_char(
            sa.func.timezone("UTC", Message.sent_at), sa.literal_column("'YYYY-MM-DD HH24'")
        )
    return sa.func.strftime(sa.literal_column("'%Y-%m-%d %H'"), Message.sent_at)
