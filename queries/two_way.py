"""Whether this installation's texts can be answered."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.two_way import OneWay, why_one_way
from models.sms_account import SmsAccount
from models.sms_gateway import GatewayKind, SmsGateway

BRING_ANSWERS = (GatewayKind.SMSAPI, GatewayKind.KANNEL, GatewayKind.SMPP, GatewayKind.SANDBOX)
"""The kinds whose incoming texts we take: by callback (`webhooks.sms`) or over a connection
(`jobs.sms_listen`).
"""


def one_way(session: Session) -> OneWay | None:
    """Why two-way SMS is off, none while it is on."""
    sender = session.scalar(sa.select(SmsAccount.sender).order_by(SmsAccount.id).limit(1))
    route = sa.exists().where(SmsGateway.is_active, SmsGateway.kind.in_(BRING_ANSWERS))
    return why_one_way(sender or "", has_incoming_route=bool(session.scalar(sa.select(route))))
