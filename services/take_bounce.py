"""A message from the bounce mailbox: kept, understood, and acted on where it is proven to be about ours.

Anybody can write to that mailbox. So an address is blocked only by what came back to the signed return path
of a message of ours, or names its signed Message-ID; the rest is recorded for a person.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from domain.addresses import address_digest, normalise_email
from domain.bounces import BounceKind, Finding, MessageFacts, classify
from domain.channel import Channel
from domain.delivery import DeliveryState, Status
from domain.links import verify_id
from domain.return_path import message_of_return_path
from domain.smtp_replies import BounceVerdict
from domain.stored_mail import kept_text
from gateways.bounce_mail import read_message
from models.bounce import Bounce
from models.client import EmailAddress
from models.mail_account import MailFolder
from models.message import Direction, Message, Origin
from models.setting import LINK_KEY, SUPPRESSION_KEY, secret_of
from services.bounce_effect import block_if_due

MESSAGE_ID = "message-id"
KEPT_CHARACTERS = 100_000
_SENT_TO = ("to", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "return-path")


@dataclass(frozen=True, slots=True)
class PlaceOfMail:
    """Where on the server a message lies."""

    folder: MailFolder
    uidvalidity: int
    uid: int


def take_bounce(session: Session, place: PlaceOfMail, raw: bytes, *, now: datetime) -> bool:
    """Keep the message and what it means; False when it is here already, wherever it lay. Commits."""
    key = f"mailbox:{place.folder.account_id}:{sha256(raw).hexdigest()}"
    facts = read_message(raw)
    try:
        if _seen_before(session, key, place):
            session.commit()
            return False
        session.add(_message(key, place, facts, raw, now))
        session.flush()
        _understand(session, facts, raw, now)
        _next(session, place)
        session.commit()
    except IntegrityError:
        session.rollback()  # somebody else took it at this very moment
        return False
    return True


def _seen_before(session: Session, key: str, place: PlaceOfMail) -> bool:
    """A folder whose UIDs began anew shows the same messages again."""
    known = session.scalars(sa.select(Message).where(Message.idempotency_key == key)).one_or_none()
    if known is None:
        return False
    known.folder_id, known.uidvalidity, known.uid = place.folder.id, place.uidvalidity, place.uid
    _next(session, place)
    return True


def _next(session: Session, place: PlaceOfMail) -> None:
    session.execute(
        sa.update(MailFolder)
        .where(MailFolder.id == place.folder.id)
        .values(uidvalidity=place.uidvalidity, uidnext=place.uid + 1)
        .execution_options(synchronize_session=False)
    )


def _message(key: str, place: PlaceOfMail, facts: MessageFacts, raw: bytes, now: datetime) -> Message:
    return Message(
        idempotency_key=key,
        channel=Channel.EMAIL,
        direction=Direction.INCOMING,
        origin=Origin.MAILBOX,
        status=Status.RECEIVED,
        account_id=place.folder.account_id,
        folder_id=place.folder.id,
        uidvalidity=place.uidvalidity,
        uid=place.uid,
        address=facts.headers.get("from", "")[:400],
        subject=facts.headers.get("subject", "")[:998],
        rfc_message_id=facts.headers.get("message-id", "")[:400] or None,
        body_text=facts.text[:KEPT_CHARACTERS],
        created_at=now,
        due_at=now,
        finished_at=now,
    )


def _understand(session: Session, facts: MessageFacts, raw: bytes, now: datetime) -> None:
    classified = classify(facts)
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
    for finding in classified.recipients:
        record_finding(session, classified.kind, finding, ours, text, now)
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
    digest = address_digest(
        normalise_email(finding.address), secret_of(session.connection(), SUPPRESSION_KEY)
    )
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


def client_of_address(session: Session, digest: str) -> int | None:
    """Whose address it is, whoever has it as the primary one first."""
    return session.scalar(
        sa.select(EmailAddress.client_id)
        .where(EmailAddress.address_digest == digest)
        .order_by(EmailAddress.is_primary.desc(), EmailAddress.client_id)
        .limit(1)
    )
