"""How many messages an account may still send now, from the times it has really sent."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.message import DeliveryClaim, Message
from models.sending_account import SendingAccount
from models.sending_lines import SendingLine


def sending_allowance(
    session: Session, line: SendingLine, account: SendingAccount, now: datetime
) -> int | None:
    """Messages the account's limits leave for now; None when it has no limit.

    What other workers have claimed counts as sent: call it holding the account's row.
    """
    windows = (
        (timedelta(minutes=1), account.per_minute),
        (timedelta(hours=1), account.per_hour),
        (timedelta(days=1), account.per_day),
    )
    limits = [(length, limit) for length, limit in windows if limit is not None]
    if not limits:
        return None
    claimed = session.scalar(
        sa.select(sa.func.count())
        .select_from(DeliveryClaim)
        .join(
            Message,
            sa.and_(
                Message.id.between(DeliveryClaim.first_message_id, DeliveryClaim.last_message_id),
                Message.claim_id == DeliveryClaim.id,
            ),
        )
        .where(line.of_claim == account.id, DeliveryClaim.closed_at.is_(None))
    )
    return max(
        0,
        min(
            limit - (claimed or 0) - _sent_since(session, line, account.id, now - length)
            for length, limit in limits
        ),
    )


def _sent_since(session: Session, line: SendingLine, account_id: int, moment: datetime) -> int:
    counted = session.scalar(
        sa.select(sa.func.count()).where(line.of_message == account_id, Message.sent_at > moment)
    )
    return counted or 0
