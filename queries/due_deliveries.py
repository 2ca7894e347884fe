"""Which messages wait to be sent now, as ranges of ids a worker can be rung for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.delivery import CampaignStatus, Status
from models.campaign import Campaign
from models.message import DeliveryClaim, Message
from models.sending_lines import LINES, MAIL, SendingLine


@dataclass(frozen=True, slots=True)
class DueRange:
    """Queued and due messages of one account and one campaign (None: single messages)."""

    account_id: int
    campaign_id: int | None
    first_id: int
    last_id: int
    count: int
    line: SendingLine = MAIL


def due_ranges(
    session: Session, *, now: datetime, campaign_id: int | None = None, only_unattended: bool = False
) -> Sequence[DueRange]:
    """The due work, one range per account and campaign; paused campaigns and held accounts are left out.

    ``only_unattended`` leaves out what a live claim is working towards: its job rings again by itself. A
    message tried before is behind it, so nobody but the sweep comes back to it.
    """
    ranges = []
    for line in LINES:
        rows = session.execute(_query(line, now, campaign_id, only_unattended=only_unattended))
        ranges += [DueRange(*row, line) for row in rows]
    return ranges


def _query(
    line: SendingLine, now: datetime, campaign_id: int | None, *, only_unattended: bool
) -> sa.Select[int, int | None, int, int, int]:
    query = (
        sa.select(
            line.account.id,
            Message.campaign_id,
            sa.func.min(Message.id),
            sa.func.max(Message.id),
            sa.func.count(),
        )
        .join(line.account, line.account.id == line.of_message)
        .outerjoin(Campaign, Campaign.id == Message.campaign_id)
        .where(
            Message.status == Status.QUEUED,
            Message.due_at <= now,
            line.of_message.is_not(None),
            line.is_open(now),
            sa.or_(Message.campaign_id.is_(None), Campaign.status == CampaignStatus.SENDING),
        )
        .group_by(line.account.id, Message.campaign_id)
        .order_by(Message.campaign_id, line.account.id)
    )
    if campaign_id is not None:
        query = query.where(Message.campaign_id == campaign_id)
    if only_unattended:
        attended = sa.exists().where(
            DeliveryClaim.closed_at.is_(None),
            line.of_claim == line.of_message,
            DeliveryClaim.campaign_id.is_not_distinct_from(Message.campaign_id),
        )
        query = query.where(sa.or_(~attended, Message.first_failed_at.is_not(None)))
    return query
