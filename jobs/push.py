"""The ring "browsers are to be told": holds no rule, may run twice."""

from extensions.wiring import wiring
from models import db
from services.push_switch import push_off
from services.send_pushes import send_pushes
from services.tell_browsers import ring_pushes


def push() -> int:
    """Tell the browsers that are due; how many were tried."""
    hands, session = wiring(), db.session()
    try:
        if push_off(session) is not None:
            return 0
        gateway = hands.web_push(session)
        session.rollback()
        tried = send_pushes(session, gateway, hands.clock)
        ring_pushes(session, now=hands.clock(), enqueue=hands.doorbell.ring)
        return tried
    finally:
        db.session.remove()
