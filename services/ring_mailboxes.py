"""Mailboxes are looked into again and again: a ring for each account that fetches."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.mail_account import MailAccount
from services.job_names import FETCH_MAIL, Enqueue

EVERY = timedelta(minutes=1)


def ring_mailboxes(session: Session, *, now: datetime, enqueue: Enqueue) -> int:
    """Ring for every active account with an IMAP server that was not looked into for a minute."""
    due = sa.select(MailAccount.id).where(
        MailAccount.is_active,
        MailAccount.imap_host != "",
        sa.or_(MailAccount.fetched_at.is_(None), MailAccount.fetched_at <= now - EVERY),
    )
    accounts = list(session.scalars(due))
    session.rollback()
    for account_id in accounts:
        enqueue(FETCH_MAIL, account_id)
    return len(accounts)
