"""What a campaign's texts have cost so far."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.delivery import Status
from models.ledger import Hold, HoldState
from models.message import Message


@dataclass(frozen=True, slots=True)
class CampaignCost:
    """1/10000 PLN. ``held``: still kept back on the account; ``uncertain``: what was charged for texts that a
    person has to decide on; ``parts`` of the texts that were charged.
    """

    parts: int
    charged: int
    held: int
    uncertain: int


def campaign_cost(session: Session, campaign_id: int) -> CampaignCost:
    """Add up a campaign's charges, refunds taken off."""
    undecided = Message.status == Status.UNCERTAIN
    parts, charged, uncertain = session.execute(
        sa.select(
            sa.func.sum(Message.parts).filter(Message.cost > 0),
            sa.func.sum(Message.cost),
            sa.func.sum(Message.cost).filter(undecided),
        ).where(Message.campaign_id == campaign_id)
    ).one()
    held = session.scalar(
        sa.select(sa.func.sum(Hold.amount - Hold.used)).where(
            Hold.campaign_id == campaign_id, Hold.state == HoldState.OPEN
        )
    )
    return CampaignCost(int(parts or 0), int(charged or 0), int(held or 0), int(uncertain or 0))
