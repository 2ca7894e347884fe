"""A person's browser asks to be told of new messages, and no longer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.errors import DomainError
from models.push_subscription import PushSubscription
from models.sessions import insert_into, rows_changed
from services.push_switch import push_off

MOST_BROWSERS = 20
"""Of one person."""


class PushIsOff(DomainError):
    message = "Notifications in the browser are switched off in this installation."


class TooManyBrowsers(DomainError):
    message = "You are told in %(most)s browsers already. Remove one of them first."


class Checks(Protocol):
    """Looks at what a browser gave (gateways.web_push.WebPush)."""

    def check(self, endpoint: str, p256dh: str, auth: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Browser:
    """What the browser gave (PushSubscription of the Push API), and what people call it."""

    endpoint: str
    p256dh: str
    auth: str
    name: str = ""


def subscribe_browser(
    session: Session, user_id: int, browser: Browser, *, checks: Checks, now: datetime
) -> None:
    """Tell the person in that browser from now on; it belongs to whoever asked last. Commits.

    Raises PushIsOff, NotAPushAddress and TooManyBrowsers.
    """
    if push_off(session) is not None:
        raise PushIsOff
    checks.check(browser.endpoint, browser.p256dh, browser.auth)
    others = sa.select(sa.func.count(PushSubscription.id)).where(
        PushSubscription.user_id == user_id, PushSubscription.endpoint != browser.endpoint
    )
    if (session.scalar(others) or 0) >= MOST_BROWSERS:
        raise TooManyBrowsers(most=MOST_BROWSERS)
    given = {
        "user_id": user_id,
        "p256dh": browser.p256dh.rstrip("="),
        "auth": browser.auth.rstrip("="),
        "browser": browser.name[:200],
        "created_at": now,
    }
    added = insert_into(session, PushSubscription).values(endpoint=browser.endpoint, **given)
    rows_changed(session, added.on_conflict_do_update(index_elements=["endpoint"], set_=given))
    session.commit()


def forget_browser(session: Session, user_id: int, which: int | str) -> bool:
    """No longer tell the person in the browser of that number or endpoint; whether it was theirs. Commits."""
    key = PushSubscription.id if isinstance(which, int) else PushSubscription.endpoint
    forgotten = rows_changed(
        session, sa.delete(PushSubscription).where(key == which, PushSubscription.user_id == user_id)
    )
    session.commit()
    return forgotten > 0


def browsers_of(session: Session, user_id: int) -> list[PushSubscription]:
    """Where a person is told, the newest first."""
    query = sa.select(PushSubscription).where(PushSubscription.user_id == user_id)
    return list(session.scalars(query.order_by(PushSubscription.created_at.desc(), PushSubscription.id)))
