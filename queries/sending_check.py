"""The second check of consent, at the moment of sending: who of a claim may no longer be written to."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from domain.channel import Channel, Purpose
from domain.eligibility import Reason
from models.campaign import Campaign
from models.client import Client
from models.message import Message, held_by
from models.suppression import Suppression
from queries.email_eligibility import marketing_grant


def no_longer_eligible(session: Session, claim_id: int) -> Mapping[int, Reason]:
    """Message id to reason, for the claim's campaign messages whose client changed since the freeze.

    The frozen address counts, not today's: a corrected address is no reason to hold mail back,
    a block of the frozen one is. A client merged into another since is asked for by the survivor. Of
    clients who share an address the one whose data the message carries decides.
    """
    survivor = aliased(Client)
    marketing = Campaign.purpose == Purpose.MARKETING
    reason = sa.case(
        (Suppression.id.is_not(None), Reason.BLOCKED_EMAIL.value),
        (sa.not_(survivor.allow_email), Reason.OPTED_OUT.value),
        (
            sa.and_(marketing, marketing_grant(survivor.id, Channel.EMAIL).is_(None)),
            Reason.NO_EMAIL_CONSENT.value,
        ),
        else_=sa.null(),
    )
    checked = (
        sa.select(Message.id, reason.label("reason"))
        .join(Campaign, Campaign.id == Message.campaign_id)
        .join(Client, Client.id == Message.client_id)
        .join(survivor, survivor.id == sa.func.coalesce(Client.merged_into_id, Client.id))
        .outerjoin(
            Suppression,
            sa.and_(
                Suppression.channel == Channel.EMAIL,
                Suppression.address_digest == Message.address_digest,
                Suppression.lifted_at.is_(None),
            ),
        )
        .where(held_by(claim_id))
        .subquery()
    )
    rows = session.execute(sa.select(checked).where(checked.c.reason.is_not(None)))
    return {message_id: Reason(name) for message_id, name in rows}
