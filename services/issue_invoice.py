"""Issuing the invoice of a top-up: numbered in the transaction that enters the payment, so without a gap."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from domain.correspondence import TOP_UP
from domain.invoices import invoice_number
from domain.local_time import WARSAW
from domain.money import vat_of_gross
from models.invoice import Invoice, InvoiceSeries
from models.payment import Payment
from models.sessions import rows_changed
from services.invoice_settings import InvoiceSettings


def issue_invoice(session: Session, payment: Payment, settings: InvoiceSettings, now: datetime) -> Invoice:
    """The invoice of a payment just entered. The caller commits, or both are undone."""
    day = _day(now, WARSAW)
    sequence = _next_number(session, settings.series, day.year)
    vat = vat_of_gross(payment.amount, settings.vat_rate)
    invoice = Invoice(
        number=invoice_number(settings.series, sequence, day.year),
        series=settings.series,
        year=day.year,
        sequence=sequence,
        kind=settings.kind,
        payment_id=payment.id,
        issued_on=day,
        paid_on=_day(payment.paid_at or now, WARSAW),
        seller=settings.seller.to_json(),
        buyer=settings.buyer.to_json(),
        item=TOP_UP,
        vat_rate=settings.vat_rate,
        net=vat.net,
        tax=vat.tax,
        gross=payment.amount,
        created_at=now,
    )
    session.add(invoice)
    session.flush()
    return invoice


def _next_number(session: Session, series: str, year: int) -> int:
    """Count up; the row stays locked until the caller's transaction ends, and is undone with it."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    first = insert(InvoiceSeries).values(name=series, year=year, last_number=0)
    rows_changed(session, first.on_conflict_do_nothing(index_elements=["name", "year"]))
    ours = (InvoiceSeries.name == series, InvoiceSeries.year == year)
    rows_changed(
        session, sa.update(InvoiceSeries).where(*ours).values(last_number=InvoiceSeries.last_number + 1)
    )
    return session.scalars(sa.select(InvoiceSeries.last_number).where(*ours)).one()


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()
