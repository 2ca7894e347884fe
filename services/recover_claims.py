"""Claims whose worker fell silent: the message it may have been sending is parked, the rest released."""

from datetime import datetime
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.delivery import Move, sources, target
from models.message import AttemptOutcome, DeliveryAttempt, DeliveryClaim, Message
from models.sessions import rows_changed
from services.claim_deliveries import release

SILENT = "The worker stopped before the mail server's answer was recorded."


def recover_claims(session: Session, now: datetime) -> int:
    """Recover every claim whose lease has run out; the number recovered. Commits each.

    A claim is sent in id order, so only its first unacknowledged message may have gone out: it
    becomes uncertain, which a person decides on; the others surely did not and are released.
    """
    expired = sa.select(DeliveryClaim.id).where(
        DeliveryClaim.closed_at.is_(None), DeliveryClaim.leased_until < now
    )
    claim_ids = list(session.scalars(expired))
    session.rollback()
    return sum(_recover(session, claim_id, now) for claim_id in claim_ids)


def _recover(session: Session, claim_id: int, now: datetime) -> bool:
    closed = rows_changed(
        session,
        sa.update(DeliveryClaim)
        .where(
            DeliveryClaim.id == claim_id,
            DeliveryClaim.closed_at.is_(None),
            DeliveryClaim.leased_until < now,
        )
        .values(closed_at=now),
    )
    first = session.scalar(sa.select(sa.func.min(Message.id)).where(Message.claim_id == claim_id))
    if not closed or (first is not None and not _park(session, claim_id, first, now)):
        # Its worker has just acknowledged: it is alive, and the next message may be on its way.
        session.rollback()
        return False
    release(session, claim_id)
    session.commit()
    return True


def _park(session: Session, claim_id: int, message_id: int, now: datetime) -> bool:
    session.add(
        DeliveryAttempt(
            message_id=message_id,
            uuid=str(uuid4()),
            started_at=now,
            finished_at=now,
            outcome=AttemptOutcome.UNCERTAIN,
            reply_text=SILENT,
        )
    )
    session.flush()
    parked = rows_changed(
        session,
        sa.update(Message)
        .where(Message.id == message_id, Message.claim_id == claim_id, Message.status.in_(sources(Move.LOSE)))
        .values(status=target(Move.LOSE), claim_id=None, finished_at=now, error_text=SILENT),
    )
    return bool(parked)
