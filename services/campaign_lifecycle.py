"""What moves a campaign on by itself: its start, and its end when nothing is left to send."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.delivery import UNFINISHED, CampaignStatus, Move, sources, target
from models.campaign import Campaign
from models.ledger import Hold, HoldState
from models.message import Message
from models.sessions import rows_changed
from services.ledger import Stamp, close_hold
from services.refund_unsent import refund_unsent


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
    """Finish the campaigns that have nothing queued or sending, also paused ones; how many. Commits.

    What a worker gave back after its campaign was cancelled is cancelled too.
    """
    _cancel_given_back(session, now, campaign_id)
    sending: list[sa.ColumnElement[bool]] = [
        Campaign.status.in_((CampaignStatus.SENDING, CampaignStatus.PAUSED))
    ]
    if campaign_id is not None:
        sending.append(Campaign.id == campaign_id)
    # Locked first: the second statement then sees what a "send again" has just queued.
    candidates = list(session.scalars(sa.select(Campaign.id).where(*sending).with_for_update()))
    unfinished = sa.exists().where(Message.campaign_id == Campaign.id, Message.status.in_(UNFINISHED))
    finished = rows_changed(
        session,
        sa.update(Campaign)
        .where(Campaign.id.in_(candidates), *sending, ~unfinished)
        .values(status=CampaignStatus.FINISHED, finished_at=now),
    )
    session.commit()
    # In a transaction of its own: whoever fails locks the account before the campaign.
    release_holds(session, now, campaign_id=campaign_id)
    session.commit()
    return finished


def release_holds(session: Session, now: datetime, *, campaign_id: int | None = None) -> None:
    """Give back what campaigns that have ended kept of their quotes. The caller commits."""
    ended = (CampaignStatus.FINISHED, CampaignStatus.CANCELLED)
    holds = (
        sa.select(Hold.campaign_id)
        .join(Campaign, Campaign.id == Hold.campaign_id)
        .where(
            Hold.state == HoldState.OPEN,
            Campaign.status.in_(ended),
            ~sa.exists().where(Message.campaign_id == Campaign.id, Message.status.in_(UNFINISHED)),
        )
        .order_by(Hold.id)
    )
    if campaign_id is not None:
        holds = holds.where(Hold.campaign_id == campaign_id)
    for number in session.scalars(holds).all():
        close_hold(session, number, Stamp(now))


def _cancel_given_back(session: Session, now: datetime, campaign_id: int | None) -> None:
    cancelled = sa.select(Campaign.id).where(Campaign.status == CampaignStatus.CANCELLED)
    if campaign_id is not None:
        cancelled = cancelled.where(Campaign.id == campaign_id)
    given_back = rows_changed(
        session,
        sa.update(Message)
        .where(Message.campaign_id.in_(cancelled), Message.status.in_(sources(Move.CANCEL)))
        .values(status=target(Move.CANCEL), finished_at=now),
    )
    if given_back:
        refund_unsent(session, Message.campaign_id.in_(cancelled), Message.finished_at == now, now=now)
