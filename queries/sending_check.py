"""The second check of consent, at the moment of sending: who of a claim may no longer be written to."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from domain.channel import Channel, Purpose
from domain.eligibility import Reason
from models.campaign import Campaign
from models.client import Client
from models.message import Message, Origin, held_by
from models.suppression import Suppression
from queries.given_consents import processing_consent
from queries.marketing_grant import marketing_grant
from queries.told_grant import told_grant


@dataclass(frozen=True, slots=True)
class Changed:
    """A message whose client changed since the freeze: ``reason`` not to send it, or none and the consent
    event it now relies on.
    """

    message_id: int
    reason: Reason | None
    consent_event_id: int | None


_BLOCKED = {Channel.EMAIL: Reason.BLOCKED_EMAIL, Channel.SMS: Reason.BLOCKED_PHONE}
_NO_CONSENT = {Channel.EMAIL: Reason.NO_EMAIL_CONSENT, Channel.SMS: Reason.NO_SMS_CONSENT}


def changed_since_the_freeze(session: Session, claim_id: int, channel: Channel) -> list[Changed]:
    """The claim's messages that may no longer be sent, or not by the consent they were made with. To those
    who are no client of ours only a block can have come since.

    A message written by hand is marketing when it was sent by a consent; one that is not relies on none. What
    is told on an event needs the consent to the processing of personal data, and the one its rule named; it
    names the latter, if there is one. Test messages are not asked about.

    The frozen address counts, not today's: a corrected address is no reason to hold mail back,
    a block of the frozen one is. A client merged into another since is asked for by the survivor. Of
    clients who share an address the one whose data the message carries decides.
    """
    survivor = aliased(Client)
    is_single, is_told = Message.campaign_id.is_(None), Message.origin == Origin.EVENT
    by_consent = sa.and_(is_single, Message.consent_event_id.is_not(None))
    marketing = sa.or_(Campaign.purpose == Purpose.MARKETING, by_consent)
    grant = sa.case((is_told, told_grant(survivor.id)), else_=marketing_grant(survivor.id, channel))
    is_client = survivor.id.is_not(None)
    needed = sa.and_(is_client, sa.or_(marketing, is_told))
    allowed = survivor.allow_sms if channel == Channel.SMS else survivor.allow_email
    reason = sa.case(
        (Suppression.id.is_not(None), _BLOCKED[channel].value),
        (sa.not_(allowed), Reason.OPTED_OUT.value),
        (sa.and_(is_client, is_told, sa.not_(processing_consent(survivor.id))), _NO_CONSENT[channel].value),
        (sa.and_(needed, grant.is_(None)), _NO_CONSENT[channel].value),
        else_=sa.null(),
    )
    checked = (
        sa.select(
            Message.id,
            reason.label("reason"),
            sa.case((sa.or_(sa.not_(is_single), needed), grant), else_=sa.null()).label("grant"),
            Message.consent_event_id.label("frozen"),
        )
        .outerjoin(Campaign, Campaign.id == Message.campaign_id)
        .outerjoin(Client, Client.id == Message.client_id)
        .outerjoin(survivor, survivor.id == sa.func.coalesce(Client.merged_into_id, Client.id))
        .outerjoin(
            Suppression,
            sa.and_(
                Suppression.channel == channel,
                Suppression.address_digest == Message.address_digest,
                Suppression.lifted_at.is_(None),
            ),
        )
        .where(held_by(claim_id), Message.origin != Origin.TEST)
        .subquery()
    )
    differs = sa.or_(checked.c.reason.is_not(None), checked.c.grant.is_distinct_from(checked.c.frozen))
    rows = session.execute(sa.select(checked.c.id, checked.c.reason, checked.c.grant).where(differs))
    return [Changed(number, Reason(name) if name else None, event) for number, name, event in rows]
