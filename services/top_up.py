"""Topping the SMS account up: from the amount somebody asks for to the money a gateway has proven."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.correspondence import TOP_UP
from domain.errors import DomainError
from domain.invoices import check_parties
from domain.money import UNITS_PER_GROSZ
from domain.payments import (
    PaymentOrder,
    PaymentStarted,
    PaymentStatus,
    ProvenNews,
    check_top_up,
    moment_of_payment,
    status_after,
)
from models.payment import NewsSource, Payment, PaymentGateway, PaymentNews
from models.sessions import rows_changed
from services.choose_account import sms_account
from services.invoice_settings import InvoiceSettings, invoice_settings
from services.issue_invoice import issue_invoice
from services.ledger import Stamp, credit_payment
from services.record_audit import append_audit


class GatewayUnavailable(DomainError):
    message = "The payment could not be started: the payment service does not answer. Try again in a while."


class Gateway(Protocol):
    def start(self, order: PaymentOrder) -> PaymentStarted | None: ...


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the payer comes back to (``{uuid}`` stands for the payment) and where the gateway reports."""

    continue_url: str
    notify_url: str


def start_top_up(
    session: Session,
    gateway: Gateway,
    kind: PaymentGateway,
    *,
    amount: int,
    addresses: Addresses,
    customer_ip: str,
    actor_id: int | None,
    now: datetime,
) -> Payment:
    """Record the wish, then ask the gateway for a payment page. Commits before and after the call.

    Raises AmountOutOfRange, IncompleteParty and SameParty before anything is stored: a payment that could
    not be invoiced must not begin. GatewayUnavailable leaves the payment failed.
    """
    check_top_up(amount)
    settings = invoice_settings(session)
    check_parties(settings.seller, settings.buyer)
    payment = Payment(
        uuid=str(uuid4()),
        account_id=sms_account(session).id,
        gateway=kind,
        amount=amount,
        created_at=now,
        created_by_id=actor_id,
    )
    session.add(payment)
    session.commit()
    order = PaymentOrder(
        uuid=payment.uuid,
        amount=amount,
        description=TOP_UP,
        buyer_email=settings.buyer.email,
        customer_ip=customer_ip,
        continue_url=addresses.continue_url.format(uuid=payment.uuid),
        notify_url=addresses.notify_url,
    )
    session.rollback()  # no transaction stays open while the network is used
    started = gateway.start(order)
    if started is None:
        _set(session, payment, PaymentStatus.CREATED, {"status": PaymentStatus.FAILED})
        session.commit()
        raise GatewayUnavailable
    _set(
        session,
        payment,
        PaymentStatus.CREATED,
        {"status": PaymentStatus.PENDING},
    )
    payment.reference, payment.redirect_url = started.reference, started.redirect_url
    session.commit()
    return payment


def record_news(
    session: Session, gateway: PaymentGateway, news: ProvenNews, source: NewsSource, now: datetime
) -> str:
    """Take in what a gateway has proven, and commit: see `take_in_news`."""
    effect = take_in_news(session, gateway, news, source, now)
    session.commit()
    return effect


def take_in_news(
    session: Session, gateway: PaymentGateway, news: ProvenNews, source: NewsSource, now: datetime
) -> str:
    """What proven news does to its payment, in one word; the ledger entry and the invoice belong to the same
    transaction, which the caller ends. Whatever is duplicated, late or out of order credits a payment once.

    Effects: ``unknown``, ``wrong_amount``, ``wrong_currency``, ``wrong_reference``, ``nothing``,
    ``credited``, or the payment's new status.
    """
    # One gateway's key proves nothing about another's payments; the sandbox's is known to everybody.
    known = sa.and_(Payment.uuid == news.uuid, Payment.gateway == gateway)
    if not rows_changed(session, sa.update(Payment).where(known).values(currency=Payment.currency)):
        return "unknown"
    payment = session.scalars(sa.select(Payment).where(known).execution_options(populate_existing=True)).one()
    effect = _contradiction(payment, news) or _take_in(session, payment, news, now)
    _keep(
        session,
        PaymentNews(
            payment_id=payment.id,
            source=source,
            received_at=now,
            said=news.said[:40],
            effect=effect,
            detail=dict(news.detail),
        ),
    )
    return effect


def _keep(session: Session, news: PaymentNews) -> None:
    """Store what was said and what came of it, unless the same is stored: one proof is enough, and whoever
    sends a signed notification again and again fills no table.
    """
    told = sa.select(PaymentNews.detail).where(
        PaymentNews.payment_id == news.payment_id,
        PaymentNews.source == news.source,
        PaymentNews.said == news.said,
        PaymentNews.effect == news.effect,
    )
    if news.detail not in session.scalars(told).all():
        session.add(news)
        session.flush()


def _contradiction(payment: Payment, news: ProvenNews) -> str:
    if news.reference and payment.reference and news.reference != payment.reference:
        return "wrong_reference"
    if news.currency != payment.currency:
        return "wrong_currency"
    return "" if news.amount == payment.amount else "wrong_amount"


def _take_in(session: Session, payment: Payment, news: ProvenNews, now: datetime) -> str:
    status = status_after(payment.status, news.status)
    payment.reference = payment.reference or news.reference
    if status is payment.status:
        return "nothing"
    payment.status = status
    if status is not PaymentStatus.PAID:
        return status.value
    payment.paid_at = moment_of_payment(news.paid_at, created=payment.created_at, heard=now)
    session.flush()
    _credit(session, payment, invoice_settings(session), now)
    return "credited"


def _credit(session: Session, payment: Payment, settings: InvoiceSettings, now: datetime) -> None:
    if not credit_payment(session, payment, payment.amount * UNITS_PER_GROSZ, Stamp(now)):
        return
    invoice = issue_invoice(session, payment, settings, now)
    append_audit(
        session,
        actor_id=None,
        action="top_up",
        entity="payment",
        entity_id=payment.id,
        values={"amount": payment.amount, "invoice": invoice.number},
        now=now,
    )


def _set(session: Session, payment: Payment, expected: PaymentStatus, values: dict[str, Any]) -> None:
    """Change a payment unless news of it came first."""
    rows_changed(
        session, sa.update(Payment).where(Payment.id == payment.id, Payment.status == expected).values(values)
    )
    session.refresh(payment)
