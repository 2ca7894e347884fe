"""Whoever pays for texts is told, once each time, that the money runs low."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.addresses import address_digest, normalise_email
from domain.channel import Channel
from domain.correspondence import LOW_BALANCE_HTML, LOW_BALANCE_SUBJECT
from domain.merge_tags import escape_html
from domain.money import in_zloty
from models.mail_account import MailAccount
from models.message import Message, Origin
from models.sessions import rows_changed
from models.setting import SUPPRESSION_KEY, secret_of
from models.sms_account import SmsAccount
from queries.administrators import addresses_of_administrators
from queries.low_balance import money_is_low
from services.branding import branding_in_force
from services.dress_message import own_letter
from services.invoice_settings import invoice_settings
from services.job_names import DELIVER, Enqueue


def alert_low_balance(session: Session, *, top_up_url: str, now: datetime, enqueue: Enqueue) -> int:
    """Queue an e-mail for every account that has fallen below its threshold since the last alert; how many.

    It goes to the buyer's address for invoices, else to every administrator. Without a mail account, or
    anybody to write to, the alert waits. May run twice at once. Commits.
    """
    recovered = sa.and_(SmsAccount.alerted_at.is_not(None), sa.not_(money_is_low()))
    fallen = sa.and_(SmsAccount.alerted_at.is_(None), money_is_low())
    waiting = session.scalars(sa.select(SmsAccount.id).where(sa.or_(recovered, fallen))).all()
    mail_account = session.scalar(
        sa.select(MailAccount.id).where(MailAccount.is_default, MailAccount.is_active)
    )
    recipients = _recipients(session) if waiting else []
    session.rollback()  # an UPDATE first: SQLite cannot turn a read into a write that others wait for
    queued: list[Message] = []
    for account_id in waiting:
        _mark(session, account_id, recovered, None)
        if mail_account and recipients and _mark(session, account_id, fallen, now):
            account = session.get_one(SmsAccount, account_id, populate_existing=True)
            queued += _messages(session, account, recipients, mail_account, top_up_url, now)
        session.commit()
    for message in queued:
        enqueue(DELIVER, mail_account, None, message.id, message.id)
    return len(queued)


def _recipients(session: Session) -> Sequence[str]:
    buyer = invoice_settings(session).buyer
    return [buyer.email] if buyer.email else addresses_of_administrators(session)


def _mark(
    session: Session, account_id: int, still: sa.ColumnElement[bool], alerted_at: datetime | None
) -> int:
    return rows_changed(
        session,
        sa.update(SmsAccount)
        .where(SmsAccount.id == account_id, still)
        .values(alerted_at=alerted_at, updated_at=SmsAccount.updated_at),
    )


def _messages(
    session: Session,
    account: SmsAccount,
    recipients: Sequence[str],
    mail_account: int,
    top_up_url: str,
    now: datetime,
) -> list[Message]:
    words = {
        "available": str(in_zloty(account.available)).replace(".", ","),
        "threshold": str(in_zloty(account.low_balance)).replace(".", ","),
        "top_up_url": top_up_url,
    }
    written = LOW_BALANCE_HTML.format(**{name: escape_html(text) for name, text in words.items()})
    html, text = own_letter(written, branding_in_force(session))
    key = secret_of(session.connection(), SUPPRESSION_KEY)
    messages = [
        Message(
            idempotency_key=f"event:low-balance:{account.id}:{now.isoformat()}:{place}:email",
            channel=Channel.EMAIL,
            origin=Origin.EVENT,
            account_id=mail_account,
            address=address,
            address_digest=address_digest(normalise_email(address), key),
            subject=LOW_BALANCE_SUBJECT,
            body_text=text,
            body_html=html,
            created_at=now,
            due_at=now,
        )
        for place, address in enumerate(recipients)
    ]
    session.add_all(messages)
    session.flush()
    return messages
