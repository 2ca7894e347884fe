"""Messages by status for several campaigns at once."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.delivery import Status
from models.message import Message


def messages_by_campaign(session: Session, campaign_ids: Sequence[int]) -> dict[int, dict[Status, int]]:
    """The count under every status, for every campaign asked for."""
    counts = {number: dict.fromkeys(Status, 0) for number in campaign_ids}
    rows = session.execute(
        sa.select(Message.campaign_id, Message.status, sa.func.count())
        .where(Message.campaign_id.in_(campaign_ids))
        .group_by(Message.campaign_id, Message.status)
    )
    for number, status, count in rows:
        if number is not None:
            counts[number][status] = count
    return counts
