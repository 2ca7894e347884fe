"""An issued invoice as the sheet that is printed."""

from sqlalchemy.orm import object_session

from domain.correspondence import PAID_ELECTRONICALLY
from domain.invoices import Party
from domain.ksef import KsefState
from gateways.invoice_pdf import Correction, InvoiceSheet
from gateways.ksef_links import qr_modules
from models.invoice import Invoice
from models.ksef import KsefSubmission
from services.issue_invoice import corrected_so_far


def sheet_of(invoice: Invoice) -> InvoiceSheet:
    """Everything on the sheet comes from what is stored: nothing of today's settings."""
    corrected = invoice.corrects
    printed = _printed(invoice.ksef)
    offline = printed if printed and printed.state is not KsefState.ACCEPTED else None
    return InvoiceSheet(
        number=invoice.number,
        kind=invoice.kind.value,
        issued_on=invoice.issued_on,
        paid_on=invoice.paid_on,
        seller=Party.from_json(invoice.seller),
        buyer=Party.from_json(invoice.buyer),
        item=invoice.item,
        vat_rate=invoice.vat_rate,
        net=invoice.net,
        tax=invoice.tax,
        gross=invoice.gross,
        payment=PAID_ELECTRONICALLY,
        correction=_correction(invoice, corrected) if corrected else None,
        ksef_number=printed.ksef_number if printed else "",
        ksef_qr=qr_modules(printed.verification_url) if printed else (),
        certificate_qr=qr_modules(offline.certificate_url) if offline and offline.certificate_url else (),
    )


def _printed(submission: KsefSubmission | None) -> KsefSubmission | None:
    """What is in KSeF, or was issued offline and is to come there; not what KSeF refused."""
    if submission is None or not submission.verification_url or submission.state is KsefState.REFUSED:
        return None
    return submission


def _correction(invoice: Invoice, corrected: Invoice) -> Correction:
    """What a correction corrects: the invoice as the corrections before this one have left it."""
    session = object_session(invoice)
    if session is None:
        raise ValueError("a correction has a sheet only where the others can be looked up")
    before = corrected_so_far(session, corrected, before_id=invoice.id)
    return Correction(
        corrected.number,
        corrected.issued_on,
        invoice.reason,
        before,
        corrects_ksef_number=corrected.ksef.ksef_number if corrected.ksef else "",
        corrects_kind=corrected.kind.value,
    )
