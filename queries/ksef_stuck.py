"""Invoices that do not get into KSeF by themselves, or not soon."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, scoped_session

from domain.ksef import OPEN, KsefEnvironment, KsefState
from models.ksef import KsefSubmission

SOON = timedelta(hours=1)


def stuck_in_ksef(active: KsefEnvironment | None, now: datetime) -> sa.ColumnElement[bool]:
    """Rows for a person to look at: refused, under way for an hour, or left behind in production when KSeF
    was switched off or over. What a test without legal force left behind is not among them.
    """
    since = now - SOON
    late = sa.or_(
        sa.and_(KsefSubmission.attempts > 0, KsefSubmission.created_at < since),
        KsefSubmission.next_try_at < since,
        KsefSubmission.sent_at < since,
    )
    here = KsefSubmission.environment == active if active else sa.false()
    return sa.and_(
        sa.or_(here, KsefSubmission.environment == KsefEnvironment.PRODUCTION),
        sa.or_(
            KsefSubmission.state == KsefState.REFUSED,
            sa.and_(KsefSubmission.state.in_(OPEN), sa.or_(sa.not_(here), late)),
        ),
    )


def number_stuck_in_ksef(
    session: Session | scoped_session[Any], active: KsefEnvironment | None, now: datetime
) -> int:
    counted = sa.select(sa.func.count(KsefSubmission.id)).where(stuck_in_ksef(active, now))
    return session.scalar(counted) or 0
