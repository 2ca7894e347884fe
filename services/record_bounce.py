"""A refusal that says something about its address is a bounce: it blocks as one that came back does."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.bounce_codes import counts_towards_block, verdict_of_reply
from domain.bounces import BounceKind
from domain.delivery import DeliveryState
from domain.outcomes import Refused
from domain.smtp_replies import BounceVerdict, Stage, enhanced_code
from models.bounce import Bounce
from models.message import Message
from services.bounce_effect import block_if_due


def record_smtp_bounce(session: Session, *, message_id: int, refusal: Refused, now: datetime) -> None:
    """Record what a refusal says about the recipient's address, if anything. Commits.

    That is: a refusal that blocks, and one that is of the three in thirty days which do. Without an enhanced
    code only the former can be told.
    """
    if not refusal.stage or not refusal.code.isdecimal():
        return
    enhanced = enhanced_code(refusal.text) or ""
    verdict = verdict_of_reply(Stage(refusal.stage), int(refusal.code), refusal.text)
    if verdict is not BounceVerdict.BLOCK and not counts_towards_block(enhanced, verdict, refusal.text):
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
    session.flush()
    if message.address_digest:
        block_if_due(session, bounce, actor_id=None, now=now, why=f"{refusal.code} {refusal.text}")
    session.flush()
    session.execute(
        sa.update(Message)
        .where(Message.id == message_id)
        .values(delivery_state=DeliveryState.BOUNCED)
        .execution_options(synchronize_session=False)
    )
    session.commit()
