"""What moves a campaign on by itself: its start, and its end when nothing is left to send."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.delivery import UNFINISHED, CampaignStatus, Move, sources, target
from models.campaign import Campaign
from models.ledger import Hold, HoldState
from models.message import Message
from models.sessions import rows_changed
from services.ledger import Stamp, close_hold, hold_account
from services.refund_unsent import end_unsent


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
    still = sa.select(Campaign.id).where(*sending).order_by(Campaign.id).with_for_update()
    candidates = list(session.scalars(still))
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
        .order_by(Hold.account_id, Hold.id)  # accounts in one order: each stays locked
    )
    if campaign_id is not None:
        holds = holds.where(Hold.campaign_id == campaign_id)
    for number in session.scalars(holds).all():
        close_hold(session, number, Stamp(now))


def _cancel_given_back(session: Session, now: datetime, campaign_id: int | None) -> None:
    """In a transaction of its own: the accounts are locked before messages, campaigns only afterwards."""
    given_back = sa.and_(Message.campaign_id == Campaign.id, Message.status.in_(sources(Move.CANCEL)))
    cancelled = sa.select(Campaign.id, Campaign.sms_account_id).where(
        Campaign.status == CampaignStatus.CANCELLED, sa.exists().where(given_back)
    )
    if campaign_id is not None:
        cancelled = cancelled.where(Campaign.id == campaign_id)
    found = session.execute(cancelled).all()
    session.rollback()
    for account_id in sorted({account_id for _number, account_id in found if account_id is not None}):
        hold_account(session, account_id)
    for number, _account_id in sorted(found):
        rest = sa.update(Message).where(
            Message.campaign_id == number, Message.status.in_(sources(Move.CANCEL))
        )
        end_unsent(session, rest.values(status=target(Move.CANCEL), finished_at=now), now=now)
    session.commit()
