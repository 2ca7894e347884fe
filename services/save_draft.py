"""Keeping what is typed: a draft is saved every few seconds, and never over somebody else's words."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.delivery import CampaignStatus
from domain.errors import DomainError
from models.campaign import Campaign
from models.sessions import rows_changed
from services.approve_campaign import AlreadyApproved, DraftChanged
from services.draft_campaign import Draft, update_draft


class NoSuchDraft(DomainError):
    message = "This draft has been discarded."


def save_draft(
    session: Session, campaign_id: int, draft: Draft, *, seen: datetime | None, now: datetime
) -> datetime:
    """Store the draft; the moment that the next save has to name as ``seen``. Commits.

    ``seen`` is the moment of the version the person's words are based on, None to overwrite whatever is
    there. Raises DraftChanged, AlreadyApproved and NoSuchDraft; then nothing is changed.
    """
    unchanged = [Campaign.updated_at == seen] if seen is not None else []
    taken = rows_changed(
        session,
        sa.update(Campaign)
        .where(Campaign.id == campaign_id, Campaign.status == CampaignStatus.DRAFT, *unchanged)
        .values(updated_at=now),
    )
    campaign = session.get(Campaign, campaign_id, populate_existing=True)
    if taken and campaign is not None:
        update_draft(session, campaign, draft)
        return campaign.updated_at
    session.rollback()
    if campaign is None:
        raise NoSuchDraft
    raise DraftChanged if campaign.status == CampaignStatus.DRAFT else AlreadyApproved
