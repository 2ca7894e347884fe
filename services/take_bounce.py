"""What came back: acted on where it is proven to be about a message of ours.

Anybody can write to that mailbox. So an address is blocked only by what came back to the signed return path
of a message of ours, or names its signed Message-ID; the rest is recorded for a person.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.addresses import address_digest, normalise_email
from domain.bounces import BounceKind, Classified, Finding, MessageFacts
from domain.delivery import DeliveryState
from domain.links import verify_id
from domain.return_path import message_of_return_path
from domain.smtp_replies import BounceVerdict
from domain.stored_mail import kept_text
from models.bounce import Bounce
from models.client import EmailAddress
from models.message import Message
from models.setting import LINK_KEY, SUPPRESSION_KEY, secret_of
from services.bounce_effect import block_if_due
from services.compose_mail import MESSAGE_ID

KEPT_CHARACTERS = 100_000
_SENT_TO = ("to", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "return-path")


def record_bounces(
    session: Session, classified: Classified, facts: MessageFacts, raw: bytes, now: datetime
) -> None:
    """Keep what the message says of whom, and block whom it proves to be gone. The caller commits."""
    ours = _our_message(session, facts)
    text = kept_text(raw[:KEPT_CHARACTERS])
    if not classified.recipients:
        session.add(
            Bounce(
                kind=classified.kind,
                verdict=BounceVerdict.NONE,
                raw=text,
                received_at=now,
                message_id=ours.id if ours else None,
                client_id=ours.client_id if ours else None,
            )
        )
    for place, finding in enumerate(classified.recipients):
        is_ours = ours is not None and ours.address_digest == _digest(session, finding.address)
        kept = text if is_ours or place == 0 else ""  # one letter may name two hundred addresses
        record_finding(session, classified.kind, finding, ours, kept, now)
    session.flush()


def _our_message(session: Session, facts: MessageFacts) -> Message | None:
    """The message whose signed return path it came back to, or whose signed Message-ID it returns."""
    key = secret_of(session.connection(), LINK_KEY)
    sent_to = [facts.headers.get(name, "") for name in _SENT_TO]
    number = message_of_return_path(sent_to, key)
    if number is None:
        token = facts.returned_headers.get("message-id", "").strip().strip("<>").partition("@")[0]
        number = verify_id(MESSAGE_ID, token, key)
    return None if number is None else session.get(Message, number)


def record_finding(
    session: Session, kind: BounceKind, finding: Finding, ours: Message | None, raw: str, now: datetime
) -> None:
    """What was found about one address; it counts where the message of ours was written to that address."""
    digest = _digest(session, finding.address)
    is_ours = ours is not None and ours.address_digest == digest
    bounce = Bounce(
        kind=kind,
        verdict=finding.verdict,
        address=finding.address[:400],
        address_digest=digest,
        status_code=finding.status[:20],
        diagnostic=finding.diagnostic[:600],
        raw=raw,
        received_at=now,
        message_id=ours.id if ours and is_ours else None,
        client_id=ours.client_id if ours and is_ours else client_of_address(session, digest),
    )
    session.add(bounce)
    session.flush()
    if ours is None or not is_ours:
        return
    if finding.verdict in (BounceVerdict.BLOCK, BounceVerdict.SENDER_FAULT) or finding.status.startswith("5"):
        ours.delivery_state = DeliveryState.BOUNCED
    block_if_due(session, bounce, actor_id=None, now=now)


def _digest(session: Session, address: str) -> str:
    return address_digest(normalise_email(address), secret_of(session.connection(), SUPPRESSION_KEY))


def client_of_address(session: Session, digest: str) -> int | None:
    """Whose address it is, whoever has it as the primary one first."""
    return session.scalar(
        sa.select(EmailAddress.client_id)
        .where(EmailAddress.address_digest == digest)
        .order_by(EmailAddress.is_primary.desc(), EmailAddress.client_id)
        .limit(1)
    )
