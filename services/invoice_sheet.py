"""An issued invoice as the sheet that is printed."""

from domain.correspondence import PAID_ELECTRONICALLY
from domain.invoices import Party
from gateways.invoice_pdf import Amounts, Correction, InvoiceSheet
from models.invoice import Invoice


def sheet_of(invoice: Invoice) -> InvoiceSheet:
    """Everything on the sheet comes from the stored invoice: nothing of today's settings."""
    corrected = invoice.corrects
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
        correction=_correction(corrected, invoice.reason) if corrected else None,
    )


def _correction(corrected: Invoice, reason: str) -> Correction:
    before = Amounts(net=corrected.net, tax=corrected.tax, gross=corrected.gross)
    return Correction(corrected.number, corrected.issued_on, reason, before)
