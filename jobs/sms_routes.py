"""The SMS gateways that are switched on and not passed over, ready to send through."""

import logging
import threading
from datetime import datetime

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from domain.errors import DomainError
from extensions.wiring import Wiring
from jobs.sms_inbox import inbox_of
from models.encrypted import SecretUnreadable
from models.sms_gateway import SmsGateway
from services.gateway_failures import record_unusable_gateway
from services.sms_carriers import Carrier, carrier_of
from services.sms_desk import Route

log = logging.getLogger(__name__)

_making = threading.Lock()


class UnusableGateway(DomainError):
    """Parameters: ``name``, ``why``."""

    message = "The SMS gateway “%(name)s” cannot be used: %(why)s"


def open_routes(session: Session, hands: Wiring, now: datetime) -> list[Route]:
    """The routes in the order in which they are tried; one that cannot be used is left out, and says why.

    Raises UnusableGateway when none is left and none is merely passed over for a while.
    """
    # Ids first: a gateway whose password cannot be read must not stop the others.
    known = session.execute(
        sa.select(SmsGateway.id, SmsGateway.name, SmsGateway.held_until)
        .where(SmsGateway.is_active)
        .order_by(SmsGateway.priority, SmsGateway.id)
    ).all()
    routes, unusable = [], []
    for gateway_id, name, held_until in known:
        if held_until is not None and held_until > now:
            continue
        try:
            routes.append(Route(gateway_id, gateway_of(session.get_one(SmsGateway, gateway_id), hands)))
        except UnusableGateway as error:
            unusable.append((gateway_id, error))
        except SecretUnreadable as error:
            unusable.append((gateway_id, UnusableGateway(name=name, why=str(error))))
    session.rollback()  # an UPDATE first: SQLite cannot turn a read into a write that others wait for
    for gateway_id, trouble in unusable:
        if record_unusable_gateway(session, gateway_id, str(trouble)):
            log.warning("SMS gateway %s: %s", gateway_id, trouble)
    if unusable and len(unusable) == len(known):
        raise unusable[0][1]
    return routes


def gateway_of(row: SmsGateway, hands: Wiring) -> Carrier:
    """The process's gateway of a row: its connections outlive a job, not a change of its settings.

    Raises UnusableGateway.
    """
    with _making:
        kept = _kept()
        made_for, gateway = kept.get(row.id, (None, None))
        if gateway is None or made_for != row.updated_at:
            try:
                made = carrier_of(row, base_url=hands.base_url, phones=hands.phones, receive=inbox_of(row.id))
                kept[row.id] = (row.updated_at, made)
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
