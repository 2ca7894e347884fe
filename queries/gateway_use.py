"""Whether anything was ever sent, or tried, through an SMS gateway."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.message import DeliveryAttempt, Message


def gateway_is_used(session: Session, gateway_id: int) -> bool:
    """Whether a message or an attempt names the gateway."""
    named = [sa.exists().where(table.gateway_id == gateway_id) for table in (Message, DeliveryAttempt)]
    return bool(session.scalar(sa.select(sa.or_(*named))))
