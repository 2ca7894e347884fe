"""Which offer an answer can be about."""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.events import EventKind
from models.message import Message, Origin
from models.notification import FiredEvent, Notification
from models.repair import CostOffer, OfferState, Repair

_OF_A_REPAIR = "repair:"


def offer_asked_in(session: Session, question: Message | None) -> CostOffer | None:
    """The very version that a message of ours asked about."""
    if question is None or question.origin is not Origin.EVENT:
        return None
    return session.scalars(
        sa.select(CostOffer)
        .join(FiredEvent, FiredEvent.offer_id == CostOffer.id)
        .join(Notification, Notification.event_id == FiredEvent.id)
        .where(Notification.message_id == question.id, FiredEvent.kind == EventKind.COST_ACCEPTANCE)
    ).one_or_none()


def newest_offer_in(session: Session, topic: str | None) -> CostOffer | None:
    """The newest version of the repair that a conversation is about."""
    kind, _, number = (topic or "").rpartition(":")
    if f"{kind}:" != _OF_A_REPAIR or not number.isdecimal():
        return None
    return session.scalars(
        sa.select(CostOffer)
        .where(CostOffer.repair_id == int(number))
        .order_by(CostOffer.version.desc())
        .limit(1)
    ).one_or_none()


def closed_offers(session: Session, numbers: Collection[str]) -> frozenset[tuple[str, str]]:
    """(number, version) of the offers of the repairs with these numbers that nobody decides any more."""
    if not numbers:
        return frozenset()
    rows = session.execute(
        sa.select(Repair.number, CostOffer.version)
        .join(CostOffer, CostOffer.repair_id == Repair.id)
        .where(Repair.number.in_(numbers), CostOffer.state != OfferState.OPEN)
    )
    return frozenset((number, str(version)) for number, version in rows)
