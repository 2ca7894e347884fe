"""The SMS gateways that are switched on and not passed over, ready to send through."""

import threading
from datetime import datetime

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from domain.errors import DomainError
from extensions.wiring import Wiring
from gateways.kannel import KannelGateway, KannelSettings
from gateways.smpp import SmppGateway
from gateways.smpp_connection import SmppSettings
from gateways.smsapi import SmsapiGateway, SmsapiSettings
from jobs.sms_inbox import inbox_of
from models.sms_gateway import GatewayKind, SmsGateway
from services.sms_desk import Route

Carrier = SmsapiGateway | KannelGateway | SmppGateway

_making = threading.Lock()


class UnusableGateway(DomainError):
    """Parameters: ``name``, ``why``."""

    message = "The SMS gateway “%(name)s” cannot be used: %(why)s"


def open_routes(session: Session, hands: Wiring, now: datetime) -> list[Route]:
    """The routes in the order in which they are tried. Raises UnusableGateway and SecretUnreadable."""
    rows = session.scalars(
        sa.select(SmsGateway)
        .where(SmsGateway.is_active, sa.or_(SmsGateway.held_until.is_(None), SmsGateway.held_until <= now))
        .order_by(SmsGateway.priority, SmsGateway.id)
    )
    return [Route(row.id, gateway_of(row, hands)) for row in rows]


def gateway_of(row: SmsGateway, hands: Wiring) -> Carrier:
    """The process's gateway of a row: its connections outlive a job, not a change of its settings.

    Raises UnusableGateway.
    """
    with _making:
        kept = _kept()
        made_for, gateway = kept.get(row.id, (None, None))
        if gateway is None or made_for != row.updated_at:
            try:
                kept[row.id] = (row.updated_at, _made(row, hands))
            except ValueError as error:
                raise UnusableGateway(name=row.name, why=str(error)) from error
            if gateway is not None:
                gateway.close()
        return kept[row.id][1]


def close_gateways() -> None:
    """Close every connection of this process."""
    with _making:
        while kept := _kept():
            kept.popitem()[1][1].close()


def _kept() -> dict[int, tuple[datetime, Carrier]]:
    kept: dict[int, tuple[datetime, Carrier]] = current_app.extensions.setdefault("goniec_sms_gateways", {})
    return kept


def _made(row: SmsGateway, hands: Wiring) -> Carrier:
    reports = f"{hands.base_url}/sms/{row.callback_secret}/report"
    if row.kind is GatewayKind.SANDBOX:
        if hands.phones is None:
            raise ValueError("the sandbox of phones is not running")
        return SmsapiGateway(hands.phones, reports)
    if row.kind is GatewayKind.SMSAPI:
        return SmsapiGateway(SmsapiSettings(row.address, row.password or ""), reports)
    if row.kind is GatewayKind.KANNEL:
        return KannelGateway(KannelSettings(row.address, row.username, row.password or ""), reports)
    return SmppGateway(SmppSettings.of(row.address, row.username, row.password or ""), inbox_of(row.id))
