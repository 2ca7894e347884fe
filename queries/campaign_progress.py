"""How far a campaign has come."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.delivery import UNFINISHED, Status
from models.campaign import CampaignRecipient
from models.message import Message


@dataclass(frozen=True, slots=True)
class CampaignProgress:
    """Messages by every status, and how many distinct clients were left out when it was frozen."""

    messages: dict[Status, int]
    skipped_clients: int

    @property
    def total(self) -> int:
        return sum(self.messages.values())

    @property
    def unfinished(self) -> int:
        return sum(self.messages[status] for status in UNFINISHED)

    @property
    def not_sent(self) -> int:
        """Messages that will not go out by themselves any more, uncertain ones apart."""
        return sum(self.messages[status] for status in (Status.FAILED, Status.SKIPPED, Status.CANCELLED))


def campaign_progress(session: Session, campaign_id: int) -> CampaignProgress:
    """Count a campaign's messages by status, in one pass over an index."""
    messages = dict.fromkeys(Status, 0)
    counted = session.execute(
        sa.select(Message.status, sa.func.count())
        .where(Message.campaign_id == campaign_id)
        .group_by(Message.status)
    )
    messages.update(dict(counted.all()))
    skipped = session.scalar(
        sa.select(sa.func.count(sa.distinct(CampaignRecipient.client_id))).where(
            CampaignRecipient.campaign_id == campaign_id, CampaignRecipient.reason.is_not(None)
        )
    )
    return CampaignProgress(messages=messages, skipped_clients=skipped or 0)
