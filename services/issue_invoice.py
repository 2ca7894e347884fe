"""Issuing the invoice of a top-up, and correcting it: numbered in the transaction that moves the money, so
without a gap.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.correspondence import TOP_UP
from domain.errors import DomainError
from domain.invoices import invoice_number
from domain.local_time import WARSAW
from domain.money import vat_of_gross
from gateways.invoice_pdf import Amounts
from models.invoice import Invoice, InvoiceKind, InvoiceSeries
from models.payment import Payment
from models.sessions import insert_into, rows_changed
from services.invoice_settings import InvoiceSettings

CORRECTIONS = "FK"
"""The series of corrections, whatever the series of what they correct."""


class NothingToCorrect(DomainError):
    message = "The invoice already says this amount: there is nothing to correct."


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


def correct_invoice(session: Session, original: Invoice, gross: int, reason: str, now: datetime) -> Invoice:
    """The correction after which an invoice stands at ``gross`` grosze (art. 106j ust. 2). The caller
    commits.

    Its amounts are the difference to what the invoice and its corrections so far add up to; its parties, item
    and rate are the invoice's own. Raises NothingToCorrect; ValueError for a correction or an amount below 0.
    """
    if original.kind is InvoiceKind.CORRECTION or gross < 0:
        raise ValueError("only an invoice is corrected, and to no less than nothing")
    day = _day(now, WARSAW)
    sequence = _next_number(session, CORRECTIONS, day.year)  # first: the lock lets one correct at a time
    before, after = corrected_so_far(session, original), vat_of_gross(gross, original.vat_rate)
    if before.gross == gross:
        raise NothingToCorrect
    correction = Invoice(
        number=invoice_number(CORRECTIONS, sequence, day.year),
        series=CORRECTIONS,
        year=day.year,
        sequence=sequence,
        kind=InvoiceKind.CORRECTION,
        corrects_id=original.id,
        reason=reason.strip()[:300],
        issued_on=day,
        paid_on=original.paid_on,
        seller=original.seller,
        buyer=original.buyer,
        item=original.item,
        vat_rate=original.vat_rate,
        net=after.net - before.net,
        tax=after.tax - before.tax,
        gross=gross - before.gross,
        created_at=now,
    )
    session.add(correction)
    session.flush()
    return correction


def corrected_so_far(session: Session, original: Invoice, *, before_id: int | None = None) -> Amounts:
    """What an invoice and its corrections add up to; with ``before_id``, only what came before that one."""
    sums = sa.select(
        *(sa.func.coalesce(sa.func.sum(column), 0) for column in (Invoice.net, Invoice.tax, Invoice.gross))
    ).where(sa.or_(Invoice.id == original.id, Invoice.corrects_id == original.id))
    if before_id is not None:
        sums = sums.where(Invoice.id < before_id)
    return Amounts(*(int(total) for total in session.execute(sums).one()))


def _next_number(session: Session, series: str, year: int) -> int:
    """Count up; the row stays locked until the caller's transaction ends, and is undone with it."""
    first = insert_into(session, InvoiceSeries).values(name=series, year=year, last_number=0)
    rows_changed(session, first.on_conflict_do_nothing(index_elements=["name", "year"]))
    ours = (InvoiceSeries.name == series, InvoiceSeries.year == year)
    rows_changed(
        session, sa.update(InvoiceSeries).where(*ours).values(last_number=InvoiceSeries.last_number + 1)
    )
    return session.scalars(sa.select(InvoiceSeries.last_number).where(*ours)).one()


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()
