"""What a campaign that does not move is waiting for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Channel
from models.campaign import Campaign
from models.mail_account import MailAccount
from models.sms_account import SmsAccount
from models.sms_gateway import SmsGateway


@dataclass(frozen=True, slots=True)
class Wait:
    """``failure``: what the server said last, as it was stored; ``until``: when it is tried again."""

    failure: str
    until: datetime


def campaign_wait(session: Session, campaign: Campaign, *, now: datetime) -> Wait | None:
    """The back-off of the campaign's account, of an SMS campaign that of all gateways together; none when
    nothing holds it back.
    """
    if campaign.channel == Channel.SMS:
        account = session.get(SmsAccount, campaign.sms_account_id)
        gateways = session.scalars(sa.select(SmsGateway).where(SmsGateway.is_active)).all()
        return _held([account] if account else [], now) or _held(gateways, now)
    mail = session.get(MailAccount, campaign.account_id)
    return _held([mail] if mail else [], now)


def _held(ways: Sequence[MailAccount | SmsAccount | SmsGateway], now: datetime) -> Wait | None:
    """Until the first of the ways out is free again; none when one is free already."""
    waits = [
        Wait(way.last_failure, way.held_until) for way in ways if way.held_until and way.held_until > now
    ]
    return min(waits, key=lambda wait: wait.until) if waits and len(waits) == len(ways) else None
