"""Which account a campaign's messages leave from."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.errors import DomainError
from models.campaign import Campaign
from models.mail_account import MailAccount
from models.sms_account import SmsAccount


class NoMailAccount(DomainError):
    message = "There is no active mail account to send from. Set one as the default."


class NoSmsAccount(DomainError):
    message = "There is no SMS account."


class SmsAccountOff(DomainError):
    message = "The SMS account is switched off. Switch it on under SMS settings."


def account_of_campaign(session: Session, campaign: Campaign) -> int:
    """The id of the campaign's own account, else of the default one. Raises NoMailAccount when it is off."""
    chosen = MailAccount.id == campaign.account_id if campaign.account_id else MailAccount.is_default
    account_id = session.scalar(sa.select(MailAccount.id).where(chosen, MailAccount.is_active))
    if account_id is None:
        raise NoMailAccount
    return account_id


def default_mail_account(session: Session) -> int:
    """The id of the account that single messages leave from. Raises NoMailAccount."""
    account_id = session.scalar(
        sa.select(MailAccount.id).where(MailAccount.is_default, MailAccount.is_active)
    )
    if account_id is None:
        raise NoMailAccount
    return account_id


def mail_account_to_answer_from(session: Session, came_to: int | None) -> int:
    """The id of the account a letter came to, else of the default one. Raises NoMailAccount."""
    own = sa.select(MailAccount.id).where(MailAccount.id == came_to, MailAccount.is_active)
    return session.scalar(own) or default_mail_account(session)


def sms_account(session: Session) -> SmsAccount:
    """The installation's one SMS account. Raises NoSmsAccount."""
    account = session.scalars(sa.select(SmsAccount).order_by(SmsAccount.id).limit(1)).one_or_none()
    if account is None:
        raise NoSmsAccount
    return account


def sms_account_to_send_from(session: Session) -> SmsAccount:
    """The SMS account, provided it is switched on. Raises NoSmsAccount and SmsAccountOff."""
    account = sms_account(session)
    if not account.is_active:
        raise SmsAccountOff
    return account
