"""Browsers are told: each due notice is claimed, handed to its push service, and gone."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.push import news, next_try, topic_of
from gateways.web_push import Fate, Push, Pushed, WebPush
from models.conversation import Conversation
from models.push_notice import PushNotice
from models.push_subscription import PushSubscription
from models.sessions import rows_changed
from models.user import User
from queries.push_audience import readers

LEASE = timedelta(minutes=2)
"""Longer than one try can last; a worker that was killed leaves a notice that is due again then."""
AT_ONCE = 50

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Notice:
    """A claimed notice, with what it takes to send it."""

    id: int
    due_at: datetime
    created_at: datetime
    failures: int
    subscription_id: int
    push: Push


def send_pushes(session: Session, gateway: WebPush, clock: Callable[[], datetime]) -> int:
    """Tell what is due, a limited number of it; how many were tried. No transaction is open meanwhile.

    Whoever was told, is no longer subscribed, or has nothing unread there any more, waits no longer; neither
    does what the service refuses, or could not be told within `domain.push.GIVE_UP`.
    """
    due = sa.select(PushNotice.id).where(PushNotice.due_at <= clock()).order_by(PushNotice.id).limit(AT_ONCE)
    waiting = list(session.scalars(due))
    session.rollback()
    tried = 0
    for number in waiting:
        notice = _claimed(session, number, clock())
        if notice is not None:
            tried += 1
            _settle(session, notice, gateway.send(notice.push, clock()), clock())
    return tried


def _claimed(session: Session, number: int, now: datetime) -> _Notice | None:
    """The notice, ours until the lease ends; None when it is another's, or nobody is to be told any more."""
    until = now + LEASE
    claim = sa.update(PushNotice).where(PushNotice.id == number, PushNotice.due_at <= now)
    if not rows_changed(session, claim.values(due_at=until)):
        session.rollback()
        return None
    row = session.execute(
        sa.select(PushNotice.created_at, PushNotice.failures, PushSubscription, User.locale, Conversation.id)
        .join(PushSubscription, PushSubscription.id == PushNotice.subscription_id)
        .join(User, User.id == PushSubscription.user_id)
        .join(Conversation, Conversation.id == PushNotice.conversation_id)
        .where(PushNotice.id == number, Conversation.unread > 0, User.id.in_(readers(session)))
    ).one_or_none()
    if row is None:
        rows_changed(session, sa.delete(PushNotice).where(PushNotice.id == number))
        session.commit()
        return None
    created, failures, browser, language, conversation_id = row
    content, topic = news(conversation_id, language), topic_of(conversation_id)
    push = Push(browser.endpoint, browser.p256dh, browser.auth, content, topic)
    notice = _Notice(number, until, created, failures, browser.id, push)
    session.commit()
    return notice


def _settle(session: Session, notice: _Notice, told: Pushed, now: datetime) -> None:
    ours: tuple[Any, ...] = PushNotice.id == notice.id, PushNotice.due_at == notice.due_at
    failures = notice.failures + 1
    again = next_try(notice.created_at, failures, now, told.after) if told.fate is Fate.LATER else None
    if again is not None:
        rows_changed(session, sa.update(PushNotice).where(*ours).values(due_at=again, failures=failures))
    else:
        rows_changed(session, sa.delete(PushNotice).where(*ours))
    if told.fate is Fate.GONE:
        gone = sa.delete(PushSubscription).where(PushSubscription.id == notice.subscription_id)
        rows_changed(session, gone.where(PushSubscription.endpoint == notice.push.endpoint))
    if told.fate is Fate.REFUSED or (told.fate is Fate.LATER and again is None):
        _log.warning("browser %s was not told: %s", notice.subscription_id, told.why)
    session.commit()
