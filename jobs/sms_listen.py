"""Gateways that bring reports and texts over the connection they were given: somebody has to listen.

A process listens wherever it is bound already. Where nobody sends, one process binds in order to listen: the
one that has the lock in the queue server. Without that server nobody binds for listening alone.
"""

import logging
import os
import socket
import threading

import sqlalchemy as sa
from flask import Flask
from redis.exceptions import RedisError

from domain.errors import DomainError
from extensions.wiring import Wiring, wiring
from gateways.smpp import SmppGateway
from jobs.sms_routes import gateway_of
from models import db
from models.sms_gateway import GatewayKind, SmsGateway

LISTEN_SECONDS = 1.0
NOBODY_SECONDS = 15.0
"""How often to look whether there is anything to listen to at all."""

LOCK = "goniec:sms-listener:{gateway_id}"
LOCK_SECONDS = 60

log = logging.getLogger(__name__)


def listen_until_stopped(app: Flask, stopped: threading.Event) -> None:
    """Listen all the time. What fails is logged, and listened to again after a while."""
    said: dict[int, str] = {}
    with app.app_context():
        while True:
            pause = NOBODY_SECONDS
            try:
                pause = LISTEN_SECONDS if listen_to_gateways(said) else NOBODY_SECONDS
            except Exception:
                log.exception("listening to SMS gateways failed; it begins anew in %s s", NOBODY_SECONDS)
            if stopped.wait(pause):
                return


def listen_to_gateways(said: dict[int, str] | None = None) -> int:
    """Take what has come; the number of gateways that are listened to. ``said`` is what was logged of each,
    so that it is not logged again.
    """
    said, hands = {} if said is None else said, wiring()
    try:
        # Ids first: a gateway whose password cannot be read must not silence the others.
        wanted = sa.select(SmsGateway.id).where(SmsGateway.is_active, SmsGateway.kind == GatewayKind.SMPP)
        ids = list(db.session.scalars(wanted))
        for gateway_id in ids:
            trouble = _listen(gateway_id, hands)
            if trouble and said.get(gateway_id) != trouble:
                log.warning("SMS gateway %s: %s", gateway_id, trouble)
            said[gateway_id] = trouble
        return len(ids)
    finally:
        db.session.remove()


def _listen(gateway_id: int, hands: Wiring) -> str:
    """Listen to one gateway; why that was not possible."""
    try:
        gateway = gateway_of(db.session.get_one(SmsGateway, gateway_id), hands)
    except DomainError as error:
        return str(error)
    finally:
        db.session.rollback()  # what comes is kept in transactions of its own
    assert isinstance(gateway, SmppGateway)  # noqa: S101 - its row is of that kind
    if not gateway.is_bound and not _may_bind(gateway_id, hands):
        return ""
    failure = gateway.listen()
    return failure.text if failure else ""


def _may_bind(gateway_id: int, hands: Wiring) -> bool:
    """Whether it is for this process to bind where it has nothing to send."""
    lock, me = LOCK.format(gateway_id=gateway_id), f"{socket.gethostname()}:{os.getpid()}"
    connection = hands.doorbell.connection
    try:
        if connection.set(lock, me, nx=True, ex=LOCK_SECONDS):
            return True
        return connection.get(lock) == me.encode() and bool(connection.expire(lock, LOCK_SECONDS))
    except RedisError:
        return False
