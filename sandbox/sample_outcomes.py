"""What became of the sample company's messages: the columns of each outcome, and the records beside it."""

from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.bounces import BounceKind
from domain.delivery import DeliveryState, Status
from domain.eligibility import Reason
from domain.smtp_replies import BounceVerdict
from models.bounce import Bounce
from models.consent import ConsentAction, ConsentEvent, ConsentEvidence, ConsentMethod, ConsentState
from models.message import AttemptOutcome, DeliveryAttempt
from models.suppression import Suppression, SuppressionReason
from sandbox.sample_consents import wording_id
from sandbox.sample_texts import EMAIL_MARKETING

NO_SUCH_MAILBOX = (
    "550",
    "5.1.1 <{address}>: Recipient address rejected: User unknown in virtual mailbox table",
)
OTHER_REFUSALS = (
    ("552", "5.2.2 <{address}>: Mailbox is full / Skrzynka odbiorcy jest przepełniona"),
    ("550", "5.7.1 Message rejected due to local policy"),
)
RETURNED = """From: Mail Delivery System <MAILER-DAEMON@mx.goniec.example>
To: zwroty@goniec.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="zwrot"

--zwrot
Content-Type: text/plain; charset=utf-8

This is the mail system at host mx.goniec.example. At {came} your message
could not be delivered to one or more recipients.

<{address}>: {reply}

--zwrot
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.goniec.example

Final-Recipient: rfc822; {address}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; {reply}

--zwrot--
"""
Frozen = sa.Row[int, int | None, str, str | None]
"""A message's id, client, address and address digest."""
LOST = "The connection was lost while waiting for the receipt: timed out"


NOTHING_SPECIAL: dict[str, Any] = {
    "delivery_state": None,
    "reason": None,
    "failures": 0,
    "first_failed_at": None,
    "sent_at": None,
    "error_code": "",
    "error_text": "",
    "provider_reference": "",
}


def sent(rng: Random, moment: datetime) -> dict[str, Any]:
    return {"status": Status.SENT, "sent_at": moment, "provider_reference": f"{rng.getrandbits(40):010X}"}


def refusal(message: Frozen, reply: tuple[str, str], moment: datetime) -> dict[str, Any]:
    code, text = reply
    return {
        "status": Status.FAILED,
        "failures": 1,
        "first_failed_at": moment,
        "error_code": code,
        "error_text": text.format(address=message.address),
    }


def bounce(session: Session, message: Frozen, moment: datetime) -> dict[str, Any]:
    """Refused while it was sent, or taken and sent back a minute later."""
    refused = refusal(message, NO_SUCH_MAILBOX, moment)
    code, reply = refused["error_code"], refused["error_text"]
    is_returned = message.id % 2 == 0
    came = moment + timedelta(minutes=1) if is_returned else moment
    values: dict[str, Any] = {"kind": BounceKind.SMTP, "diagnostic": reply, "received_at": came}
    if is_returned:
        raw = RETURNED.format(address=message.address, reply=f"{code} {reply}", came=f"{came:%H:%M}")
        values |= {"kind": BounceKind.DSN, "diagnostic": f"smtp; {code} {reply}", "raw": raw}
    session.add(
        Bounce(
            **values,
            verdict=BounceVerdict.BLOCK,
            address=message.address,
            address_digest=message.address_digest,
            status_code="5.1.1",
            message_id=message.id,
            client_id=message.client_id,
            suppression=Suppression(
                channel="email",
                address_digest=message.address_digest,
                reason=SuppressionReason.BOUNCE,
                source=values["kind"].value,
                detail=f"{code} {reply}",
                created_at=came,
            ),
        )
    )
    outcome = {"status": Status.SENT, "sent_at": moment} if is_returned else refused
    return outcome | {"delivery_state": DeliveryState.BOUNCED}


def unsure(session: Session, rng: Random, message: Frozen, moment: datetime) -> dict[str, Any]:
    session.add(
        DeliveryAttempt(
            message_id=message.id,
            uuid=str(UUID(int=rng.getrandbits(128), version=4)),
            started_at=moment,
            finished_at=moment,
            outcome=AttemptOutcome.UNCERTAIN,
            reply_text=LOST,
        )
    )
    return {"status": Status.UNCERTAIN, "failures": 1, "first_failed_at": moment, "error_text": LOST}


def withdrawal(session: Session, message: Frozen, moment: datetime) -> dict[str, Any]:
    """The client withdrew consent after the campaign was approved, and so got nothing."""
    withdrawn = moment - timedelta(hours=3)
    event = ConsentEvent(
        client_id=message.client_id,
        definition_id=EMAIL_MARKETING,
        wording_id=wording_id(EMAIL_MARKETING, 2),
        action=ConsentAction.WITHDRAWN,
        method=ConsentMethod.LINK,
        occurred_at=withdrawn,
        recorded_at=withdrawn,
        evidence=ConsentEvidence(ip_address="192.0.2.77", user_agent="Mozilla/5.0 (Android 15; Mobile)"),
    )
    session.add(event)
    session.flush()
    session.execute(
        sa.update(ConsentState)
        .where(ConsentState.client_id == message.client_id, ConsentState.definition_id == EMAIL_MARKETING)
        .values(granted=False, event_id=event.id)
    )
    return {"status": Status.SKIPPED, "reason": Reason.NO_EMAIL_CONSENT}
