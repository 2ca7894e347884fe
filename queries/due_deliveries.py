"""Which messages wait to be sent now, as ranges of ids a worker can be rung for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.delivery import CampaignStatus, Status
from models.campaign import Campaign
from models.mail_account import MailAccount
from models.message import DeliveryClaim, Message


@dataclass(frozen=True, slots=True)
class DueRange:
    """Queued and due messages of one account and one campaign (None: single messages)."""

    account_id: int
    campaign_id: int | None
    first_id: int
    last_id: int
    count: int


def due_ranges(
    session: Session, *, now: datetime, campaign_id: int | None = None, only_unattended: bool = False
) -> Sequence[DueRange]:
    """The due work, one range per account and campaign; paused campaigns and held accounts are left out.

    ``only_unattended`` leaves out what a live claim is working towards: its job rings again by itself. A
    message tried before is behind it, so nobody but the sweep comes back to it.
    """
    query = (
        sa.select(
            MailAccount.id,
            Message.campaign_id,
            sa.func.min(Message.id),
            sa.func.max(Message.id),
            sa.func.count(),
        )
        .join(MailAccount, MailAccount.id == Message.account_id)
        .outerjoin(Campaign, Campaign.id == Message.campaign_id)
        .where(
            Message.status == Status.QUEUED,
            Message.due_at <= now,
            MailAccount.is_active,
            sa.or_(MailAccount.held_until.is_(None), MailAccount.held_until <= now),
            sa.or_(Message.campaign_id.is_(None), Campaign.status == CampaignStatus.SENDING),
        )
        .group_by(MailAccount.id, Message.campaign_id)
        .order_by(Message.campaign_id, MailAccount.id)
    )
    if campaign_id is not None:
        query = query.where(Message.campaign_id == campaign_id)
    if only_unattended:
        attended = sa.exists().where(
            DeliveryClaim.closed_at.is_(None),
            DeliveryClaim.account_id == Message.account_id,
            DeliveryClaim.campaign_id.is_not_distinct_from(Message.campaign_id),
        )
        query = query.where(sa.or_(~attended, Message.first_failed_at.is_not(None)))
    return [DueRange(*row) for row in session.execute(query)]
