"""A draft somebody opened and wrote nothing in: it is opened again rather than made a second time."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.delivery import CampaignStatus
from models.campaign import Campaign, campaign_attachment


def untouched_draft(
    session: Session, investment_id: int, created_by_id: int | None, channel: Channel
) -> int | None:
    """The id of the person's newest empty draft for an investment and by a channel."""
    attached = sa.exists().where(campaign_attachment.c.campaign_id == Campaign.id)
    return session.scalar(
        sa.select(sa.func.max(Campaign.id)).where(
            Campaign.investment_id == investment_id,
            Campaign.created_by_id == created_by_id,
            Campaign.channel == channel,
            Campaign.status == CampaignStatus.DRAFT,
            Campaign.subject == "",
            Campaign.body == "",
            ~attached,
        )
    )
