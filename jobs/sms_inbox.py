"""Where gateways that keep a connection put what comes over it: each item in a transaction of its own."""

import logging

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from domain.text_messages import DeliveryReport, IncomingText
from extensions.wiring import wiring
from gateways.smpp import Receive
from models import db
from services.receive_text import receive_text
from services.take_report import take_reports

log = logging.getLogger(__name__)


def inbox_of(gateway_id: int) -> Receive:
    """What a gateway of that row is to call; it needs the application's context, and nothing uncommitted in
    the caller's session.
    """

    def receive(item: DeliveryReport | IncomingText) -> bool:
        """False when the database cannot take it now, and for a report of a text nobody knows."""
        hands = wiring()
        now = hands.clock()
        try:
            with Session(db.engine) as session:
                if isinstance(item, DeliveryReport):
                    return take_reports(session, gateway_id, [item], now=now) > 0
                receive_text(
                    session, gateway_id, item, runtime=hands.ejs(), now=now, enqueue=hands.doorbell.ring
                )
        except SQLAlchemyError as error:
            log.warning("what an SMS gateway brought cannot be kept: %s", type(error).__name__)
            return False
        return True

    return receive
