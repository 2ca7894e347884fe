"""Browsers are to be told of a new message: noted in its transaction, rung for after the commit."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.push_notice import PushNotice
from models.sessions import insert_into, rows_changed
from queries.push_audience import browsers_to_tell
from services.job_names import PUSH, Enqueue
from services.push_switch import push_off


def tell_browsers(session: Session, conversation_id: int, now: datetime) -> None:
    """Note that browsers are to be told, where they are; one that still waits to be told is told once. The
    caller commits, then calls `ring_pushes`.
    """
    if push_off(session) is not None:
        return
    notices = [
        {
            "subscription_id": number,
            "conversation_id": conversation_id,
            "failures": 0,
            "created_at": now,
            "due_at": now,
        }
        for number in browsers_to_tell(session, conversation_id)
    ]
    if notices:
        rows_changed(session, insert_into(session, PushNotice).values(notices).on_conflict_do_nothing())


def ring_pushes(session: Session, *, now: datetime, enqueue: Enqueue) -> int:
    """Ring once when a browser is due to be told; how many are."""
    due = session.scalar(sa.select(sa.func.count(PushNotice.id)).where(PushNotice.due_at <= now)) or 0
    session.rollback()
    if due:
        enqueue(PUSH)
    return due
