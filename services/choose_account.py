"""Which mail account a campaign's messages leave from."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.errors import DomainError
from models.campaign import Campaign
from models.mail_account import MailAccount


class NoMailAccount(DomainError):
    message = "There is no active mail account to send from. Set one as the default."


def account_of_campaign(session: Session, campaign: Campaign) -> int:
    """The id of the campaign's own account, else of the default one. Raises NoMailAccount when it is off."""
    chosen = MailAccount.id == campaign.account_id if campaign.account_id else MailAccount.is_default
    account_id = session.scalar(sa.select(MailAccount.id).where(chosen, MailAccount.is_active))
    if account_id is None:
        raise NoMailAccount
    return account_id
