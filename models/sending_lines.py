"""The columns that tie an account to its messages and claims, by channel: one engine serves them all."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from domain.channel import Channel
from models.mail_account import MailAccount
from models.message import DeliveryClaim, Message
from models.sending_account import SendingAccount
from models.sms_account import SmsAccount


@dataclass(frozen=True, slots=True)
class SendingLine:
    """An account's class, and where a message and a claim name their account of that class."""

    channel: Channel
    account: type[SendingAccount]
    of_message: InstrumentedAttribute[int | None]
    of_claim: InstrumentedAttribute[int | None]

    @property
    def claim_column(self) -> str:
        return self.of_claim.key

    def is_open(self, now: Any) -> sa.ColumnElement[bool]:
        """Whether an account may be used now: switched on, and not held back."""
        account = self.account
        return sa.and_(account.is_active, sa.or_(account.held_until.is_(None), account.held_until <= now))


MAIL = SendingLine(Channel.EMAIL, MailAccount, Message.account_id, DeliveryClaim.account_id)
SMS = SendingLine(Channel.SMS, SmsAccount, Message.sms_account_id, DeliveryClaim.sms_account_id)
LINES = (MAIL, SMS)


def line_of(channel: Channel) -> SendingLine:
    """The line a channel's messages leave by. Raises KeyError for one that no worker serves."""
    return {line.channel: line for line in LINES}[channel]
