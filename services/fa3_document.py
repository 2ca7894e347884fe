"""An issued invoice as FA(3)."""

from domain.errors import DomainError
from gateways.fa3 import NotADocument, fa3_xml
from models.invoice import Invoice
from services.invoice_sheet import sheet_of


class NotForKsef(DomainError):
    """Parameters: ``number``, ``problem``."""

    message = "No FA(3) document can be made of %(number)s: %(problem)s"


def fa3_document(invoice: Invoice) -> bytes:
    """The document of an invoice, always the same bytes. Raises NotForKsef.

    A correction names the KSeF number of what it corrects, so that comes first.
    """
    try:
        return fa3_xml(sheet_of(invoice), invoice.created_at)
    except NotADocument as error:
        raise NotForKsef(number=invoice.number, problem=str(error)) from error
