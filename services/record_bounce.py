"""A refusal that says the address is no good is a bounce, and blocks the address at once."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.bounces import BounceKind
from domain.channel import Channel
from domain.delivery import DeliveryState
from domain.outcomes import Refused
from domain.smtp_replies import BounceVerdict, Stage, bounce_verdict, enhanced_code
from models.bounce import Bounce
from models.message import Message
from models.suppression import SuppressionReason
from services.suppress_address import suppress


def record_smtp_bounce(session: Session, *, message_id: int, refusal: Refused, now: datetime) -> None:
    """Record what a refusal says about the recipient's address, if anything. Commits."""
    if not refusal.stage or not refusal.code.isdecimal():
        return
    enhanced = enhanced_code(refusal.text)
    verdict = bounce_verdict(Stage(refusal.stage), int(refusal.code), enhanced, refusal.text)
    if verdict != BounceVerdict.BLOCK:
        return
    message = session.execute(
        sa.select(Message.address, Message.address_digest, Message.client_id).where(Message.id == message_id)
    ).one()
    bounce = Bounce(
        kind=BounceKind.SMTP,
        verdict=verdict,
        address=message.address,
        address_digest=message.address_digest,
        status_code=enhanced or refusal.code,
        diagnostic=refusal.text[:600],
        received_at=now,
        message_id=message_id,
        client_id=message.client_id,
    )
    session.add(bounce)
    if message.address_digest:
        bounce.suppression = suppress(
            session,
            channel=Channel.EMAIL,
            address_digest=message.address_digest,
            reason=SuppressionReason.BOUNCE,
            source="smtp",
            detail=f"{refusal.code} {refusal.text}"[:500],
            actor_id=None,
            now=now,
        )
    session.flush()
    session.execute(
        sa.update(Message)
        .where(Message.id == message_id)
        .values(delivery_state=DeliveryState.BOUNCED)
        .execution_options(synchronize_session=False)
    )
    session.commit()
