"""Claims whose worker fell silent: the message it may have been sending is parked, the rest released."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.delivery import Move, sources, target
from domain.diagnoses import WorkerSilent
from domain.outcomes import Uncertain
from models.ledger import LedgerEntry
from models.message import AttemptOutcome, DeliveryAttempt, DeliveryClaim, Message, held_by
from models.sessions import rows_changed
from services.claim_deliveries import release
from services.lock_messages import lock_messages
from services.prove_taken import close_open_attempts
from services.record_outcome import finish_accepted_attempts, finish_attempt, was_taken

SILENT = str(WorkerSilent())


def recover_claims(session: Session, now: datetime, *, boot: str = "") -> int:
    """Recover every claim whose worker is gone; the number recovered. Commits each.

    A claim is sent in id order, so only its first unacknowledged message may have gone out: it
    becomes uncertain, which a person decides on; the others surely did not and are released. So is a text
    that has not been paid for.

    ``boot`` identifies this boot of the machine (empty: unknown). SQLite may lose the last
    acknowledgements in a power cut, though never the claim: what a claim of an earlier boot still
    holds may all have gone out.
    """
    restarted = sa.and_(DeliveryClaim.boot != "", DeliveryClaim.boot != boot) if boot else sa.false()
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    gone = sa.or_(DeliveryClaim.leased_until < now, restarted if on_sqlite else sa.false())
    query = sa.select(DeliveryClaim.id, restarted).where(DeliveryClaim.closed_at.is_(None), gone)
    claims = list(session.execute(query))
    session.rollback()
    return sum(
        _recover(session, claim_id, gone, park_all=cut and on_sqlite, now=now) for claim_id, cut in claims
    )


def _recover(
    session: Session, claim_id: int, gone: sa.ColumnElement[bool], *, park_all: bool, now: datetime
) -> bool:
    closed = rows_changed(
        session,
        sa.update(DeliveryClaim)
        .where(DeliveryClaim.id == claim_id, DeliveryClaim.closed_at.is_(None), gone)
        .values(closed_at=now),
    )
    suspects = _suspects(session, claim_id, park_all=park_all)
    if not closed or not all(_park(session, claim_id, suspect, now) for suspect in suspects):
        # Its worker has just acknowledged: it is alive, and the next message may be on its way.
        session.rollback()
        return False
    release(session, claim_id)
    session.commit()
    claim = session.get_one(DeliveryClaim, claim_id)
    if claim.sms_account_id is not None:
        finish_accepted_attempts(session, claim.first_message_id, claim.last_message_id)
    return True


def _suspects(session: Session, claim_id: int, *, park_all: bool) -> list[int]:
    """The messages that may have gone out; texts are locked, so that none is paid for meanwhile."""
    payer = sa.select(DeliveryClaim.sms_account_id).where(DeliveryClaim.id == claim_id)
    if session.scalar(payer) is not None:
        held = lock_messages(session, held_by(claim_id))
        return _paid(session, held if park_all else held[:1])
    waiting = sa.select(Message.id).where(held_by(claim_id)).order_by(Message.id)
    return list(session.scalars(waiting if park_all else waiting.limit(1)))


def _paid(session: Session, message_ids: list[int]) -> list[int]:
    """Of these texts the ones whose newest attempt is paid for: no other is handed to a gateway."""
    newest = sa.select(sa.func.max(DeliveryAttempt.id)).group_by(DeliveryAttempt.message_id)
    key = sa.literal("charge:", sa.String).concat(DeliveryAttempt.uuid)
    paid = sa.select(DeliveryAttempt.message_id).where(
        DeliveryAttempt.id.in_(newest.where(DeliveryAttempt.message_id.in_(message_ids))),
        sa.exists().where(LedgerEntry.idempotency_key == key),
    )
    known = set(session.scalars(paid))
    return [number for number in message_ids if number in known]


def _park(session: Session, claim_id: int, message_id: int, now: datetime) -> bool:
    move = Move.ACCEPT if was_taken(session, message_id) else Move.LOSE
    parked = rows_changed(
        session,
        sa.update(Message)
        .where(Message.id == message_id, Message.claim_id == claim_id, Message.status.in_(sources(move)))
        .values(
            status=target(move),
            claim_id=None,
            finished_at=now,
            error_text="" if move is Move.ACCEPT else SILENT,
            **({"sent_at": now} if move is Move.ACCEPT else {}),
        ),
    )
    if parked and move is Move.LOSE:
        finish_attempt(session, message_id, Uncertain("", SILENT), now)
    elif parked:  # by an earlier attempt; one that is open still may have gone out too
        close_open_attempts(session, message_id, AttemptOutcome.UNCERTAIN, now)
    return bool(parked)
