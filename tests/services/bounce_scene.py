"""Bounces of our messages with the effect they had, and what is done about them."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.bounces import BounceKind
from domain.smtp_replies import BounceVerdict
from models.bounce import Bounce
from models.client import Client
from models.suppression import Suppression
from services.bounce_effect import block_if_due
from services.classify_anew import classify_anew
from services.decide_bounce import decide_bounce
from tests import factories as make
from tests.service_desk import ADDRESS

V = BounceVerdict
DSN = f"""From: MAILER-DAEMON@mx.poczta.example
To: zwroty@firma.example
Subject: Undelivered Mail
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

<{ADDRESS}>: %(said)s

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.poczta.example

Final-Recipient: rfc822; {ADDRESS}
Action: failed
Status: %(status)s
Diagnostic-Code: smtp; 550 %(status)s %(said)s

--b--
"""


def came(session: Session, client: Client, now: datetime, **values: Any) -> Bounce:
    """A bounce of a message of ours, with the effect it had on arrival."""
    digest = make.digest_of(session, ADDRESS)
    message = make.make_message(session, client_id=client.id, address=ADDRESS, address_digest=digest)
    given = {
        "kind": BounceKind.DSN,
        "verdict": V.BLOCK,
        "address": ADDRESS,
        "address_digest": digest,
        "status_code": "5.1.1",
        "diagnostic": "No such user",
        "raw": DSN % {"status": "5.1.1", "said": "No such user"},
        "received_at": now,
        "message_id": message.id,
        "client_id": client.id,
    }
    bounce = Bounce(**given | values)
    session.add(bounce)
    session.flush()
    block_if_due(session, bounce, actor_id=None, now=now)
    session.commit()
    return bounce


def blocks(session: Session) -> int:
    """How many are in force."""
    active = sa.select(sa.func.count(Suppression.id)).where(Suppression.lifted_at.is_(None))
    return session.scalar(active) or 0


def decide(
    session: Session, bounce: Bounce, verdict: V, now: datetime, why: str = "", lift: bool = True
) -> Bounce:
    return decide_bounce(
        session, bounce.id, verdict, why=why or "asked by phone", actor_id=None, may_lift=lift, now=now
    )


def anew(session: Session, bounce: Bounce, now: datetime, lift: bool = True) -> bool:
    return classify_anew(session, bounce.id, actor_id=None, may_lift=lift, now=now)
