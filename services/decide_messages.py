"""A person's word on messages that failed or may have gone out: send them again, or treat them as sent."""

from datetime import datetime
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.delivery import Move, Status, sources, target
from domain.errors import DomainError
from models.message import AttemptOutcome, DeliveryAttempt, Message
from models.sessions import rows_changed
from services.job_names import DELIVERS, Enqueue
from services.ledger import Stamp, hold_account
from services.lock_messages import lock_messages
from services.record_audit import append_audit
from services.refund_unsent import refund_charges


class NothingToDecide(DomainError):
    message = "There is no such message left to decide on."


def treat_single_as_sent(session: Session, message_id: int, *, actor_id: int | None, now: datetime) -> None:
    """A person's decision: this uncertain message of no campaign did go out. Commits.

    Raises NothingToDecide.
    """
    mark_sent(session, _single(message_id, Status.UNCERTAIN), now)
    _audit(session, "uncertain_sent", message_id, actor_id, now)
    session.commit()


def send_single_again(
    session: Session, message_id: int, *, actor_id: int | None, now: datetime, enqueue: Enqueue
) -> None:
    """A person's decision: send this failed or uncertain message of no campaign again. Commits, then rings.

    What a text was charged is refunded: the next attempt is charged anew. Raises NothingToDecide.
    """
    message = session.get(Message, message_id, populate_existing=True)
    if message is None or message.status not in sources(Move.SEND_AGAIN):
        raise NothingToDecide
    channel, account_id = message.channel, message.sms_account_id or message.account_id
    action = "uncertain_again" if message.status is Status.UNCERTAIN else "resend"
    if message.sms_account_id is not None:
        hold_account(session, message.sms_account_id)
    queue_again(session, _single(message_id, message.status), actor_id=actor_id, now=now)
    _audit(session, action, message_id, actor_id, now)
    session.commit()
    enqueue(DELIVERS[channel], account_id, None, message_id, message_id)


def mark_sent(session: Session, wanted: list[sa.ColumnElement[bool]], now: datetime) -> int:
    """The wanted messages did go out; how many. The caller commits. Raises NothingToDecide."""
    lock_messages(session, *wanted)
    decided = rows_changed(
        session,
        sa.update(Message)
        .where(*wanted)
        .values(
            status=target(Move.TREAT_AS_SENT),
            # When it may have gone out: today's limits and figures are not for it.
            sent_at=sa.func.coalesce(Message.finished_at, now),
            finished_at=now,
        ),
    )
    if not decided:
        session.rollback()
        raise NothingToDecide
    return decided


def queue_again(
    session: Session, wanted: list[sa.ColumnElement[bool]], *, actor_id: int | None, now: datetime
) -> int:
    """Queue the wanted messages once more and refund what they were charged; how many. The caller commits.

    The account that paid is locked by now: see `services.lock_messages`. Raises NothingToDecide.
    """
    ids = lock_messages(session, *wanted)
    if not ids:
        session.rollback()
        raise NothingToDecide
    refund_charges(session, ids, stamp=Stamp(now, actor_id))
    _close_attempts(session, wanted, now)
    session.add_all(
        DeliveryAttempt(message_id=each, uuid=str(uuid4()), requested_by_id=actor_id, started_at=now)
        for each in ids
    )
    session.flush()
    return rows_changed(
        session,
        sa.update(Message)
        .where(*wanted)
        .values(
            status=target(Move.SEND_AGAIN),
            due_at=now,
            failures=0,
            first_failed_at=None,
            finished_at=None,
            delivery_state=None,
            error_code="",
            error_text="",
        ),
    )


def _close_attempts(session: Session, wanted: list[sa.ColumnElement[bool]], now: datetime) -> None:
    """An attempt given up without an answer ends before the next one begins."""
    rows_changed(
        session,
        sa.update(DeliveryAttempt)
        .where(
            DeliveryAttempt.message_id.in_(sa.select(Message.id).where(*wanted)),
            DeliveryAttempt.outcome.is_(None),
        )
        .values(outcome=AttemptOutcome.UNAVAILABLE, finished_at=now),
    )


def _single(message_id: int, status: Status) -> list[sa.ColumnElement[bool]]:
    return [Message.id == message_id, Message.campaign_id.is_(None), Message.status == status]


def _audit(session: Session, action: str, message_id: int, actor_id: int | None, now: datetime) -> None:
    append_audit(
        session,
        actor_id=actor_id,
        action=action,
        entity=Message.__tablename__,
        entity_id=message_id,
        values={},
        now=now,
    )
