"""Asking a payment gateway itself: on the way back from the payment page, and about payments without news."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.payments import PaymentStatus, ProvenNews
from models.payment import NewsSource, Payment, PaymentGateway
from models.sessions import rows_changed
from services.top_up import record_news

FIRST_ASKED_AFTER = timedelta(minutes=2)
ASKED_EVERY = timedelta(minutes=10)
GIVEN_UP_AFTER = timedelta(days=14)
AT_ONCE = 50


class Asked(Protocol):
    def ask(self, reference: str) -> ProvenNews | None: ...


def ask_gateway(session: Session, gateway: Asked, payment_id: int, now: datetime) -> str:
    """Take in what the gateway says of one payment; the effect as `record_news` gives it, or ``no_answer``.
    Commits.
    """
    payment = session.get_one(Payment, payment_id)
    reference, uuid, kind = payment.reference, payment.uuid, payment.gateway
    rows_changed(session, sa.update(Payment).where(Payment.id == payment_id).values(asked_at=now))
    session.commit()  # no transaction stays open while the network is used
    news = gateway.ask(reference) if reference else None
    if news is None or news.uuid != uuid:
        return "no_answer"
    return record_news(session, kind, news, NewsSource.QUERY, now)


def ask_about_silent_payments(
    session: Session, gateways: Mapping[PaymentGateway, Asked], now: datetime
) -> int:
    """Ask about payments that nobody reported on for a while; the number asked about. Commits each."""
    silent = sa.select(Payment.id, Payment.gateway).where(
        Payment.status == PaymentStatus.PENDING,
        Payment.created_at.between(now - GIVEN_UP_AFTER, now - FIRST_ASKED_AFTER),
        sa.or_(Payment.asked_at.is_(None), Payment.asked_at <= now - ASKED_EVERY),
        Payment.gateway.in_(list(gateways)),
    )
    found = list(session.execute(silent.order_by(Payment.id).limit(AT_ONCE)))
    session.rollback()
    for number, kind in found:
        ask_gateway(session, gateways[kind], number, now)
    return len(found)
