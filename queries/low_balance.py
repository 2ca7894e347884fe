"""SMS accounts whose money runs low."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.ledger import LedgerEntry
from models.sms_account import SmsAccount


def money_is_low() -> sa.ColumnElement[bool]:
    """Whether an account in use has less available than its owner wants to be told of.

    One that never held money has not run low, nor has one that is switched off.
    """
    return sa.and_(
        SmsAccount.is_active,
        SmsAccount.balance - SmsAccount.held < SmsAccount.low_balance,
        sa.exists().where(LedgerEntry.account_id == SmsAccount.id),
    )


def account_running_low(session: Session) -> SmsAccount | None:
    """The account to top up, if there is one."""
    return session.scalars(sa.select(SmsAccount).where(money_is_low()).order_by(SmsAccount.id)).first()


def known_balance(session: Session) -> int | None:
    """What can be spent, in 1/10000 PLN; none while no account in use has ever held money."""
    account = session.scalars(
        sa.select(SmsAccount)
        .where(SmsAccount.is_active, sa.exists().where(LedgerEntry.account_id == SmsAccount.id))
        .order_by(SmsAccount.id)
    ).first()
    return account.available if account else None
