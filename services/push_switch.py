"""Whether browsers are told of new messages at all: off until an administrator says otherwise.

What is told goes through the servers of the browser's maker. They learn when, and cannot read what.
"""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.push_notice import PushNotice
from models.sessions import rows_changed
from models.setting import PUSH_KEY, MissingSecret, Setting, secret_of
from services.invoice_settings import save_settings
from services.record_audit import append_audit

BROWSER_PUSH = "browser.push"


class PushOff(StrEnum):
    """Why nobody is told. ``NO_KEY``: the database was not made by ``db upgrade``."""

    SWITCHED_OFF = "switched_off"
    NO_KEY = "no_key"


def push_off(session: Session) -> PushOff | None:
    """Why browsers are not told, None when they are."""
    setting = session.get(Setting, BROWSER_PUSH)
    if setting is None or setting.value is not True:
        return PushOff.SWITCHED_OFF
    try:
        secret_of(session.connection(), PUSH_KEY)
    except MissingSecret:
        return PushOff.NO_KEY
    return None


def switch_push(session: Session, *, on: bool, actor_id: int | None, now: datetime) -> None:
    """Switch it for the whole installation, with its audit entry. Commits. Off, nothing waits any more."""
    save_settings(session, {BROWSER_PUSH: on}, actor_id=actor_id, now=now)
    if not on:
        rows_changed(session, sa.delete(PushNotice))
    append_audit(
        session,
        actor_id=actor_id,
        action="update",
        entity="setting",
        entity_id=BROWSER_PUSH,
        values={"on": on},
        now=now,
    )
    session.commit()
