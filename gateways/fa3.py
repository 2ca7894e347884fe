"""An invoice as the structured document FA(3), which KSeF takes in place of paper.

Built by ksef-client and validated against the Ministry's XSD (schemat_FA(3)_v1-0E) that it bundles. The same
sheet and moment always give the same bytes, because KSeF, the QR code and a repeated sending know a document
by its SHA-256.

Sources: the schema and the texts in it; art. 106e, 106f and 106j of the VAT Act. From memory, and listed in
docs/ksef.md: an advance invoice states the order instead of lines; an advance's correction is KOR_ZAL.
"""

import re
import unicodedata
from datetime import UTC, datetime
from decimal import Decimal
from threading import Lock
from typing import Any

from ksef_client.documents import fa3
from ksef_client.documents.fa3 import FA3InvoiceKind
from lxml import etree  # type: ignore[import-untyped]

from domain.invoices import Party
from gateways.invoice_pdf import Amounts, Correction, InvoiceSheet

NAMESPACE = "http://crd.gov.pl/wzor/2025/06/25/13775/"
LARGEST_DOCUMENT = 1_000_000
"""Bytes: the schema's own limit is 1 MiB; what the interface takes for certain is a little less."""

SYSTEM = "Goniec"
UNIT = "usł."
RATES = (23, 22, 8, 7, 5, 4, 3, 0)
"""Percent: the rates FA(3) has a place for. Nil is the domestic one (0 KR)."""

_LONGEST_NAME, _LONGEST_REASON = 512, 256
_TAX_BASE_CHANGES = fa3.CorrectionType.OTHER
_NO_REASON = "Korekta"
_WHITE = re.compile(r"\s+")
_NOT_TEXT = frozenset({"Cc", "Cs", "Cn"})


# Parsed by two threads at once, the bundled schemas miss what they include, and every document is refused.
_ONE_AT_A_TIME = Lock()


class NotADocument(ValueError):
    """FA(3) has no place for this invoice; the text says what is wrong with it, in Polish or English."""


def fa3_xml(sheet: InvoiceSheet, made_at: datetime) -> bytes:
    """A valid FA(3) document, UTF-8 without a mark. Raises NotADocument.

    ``made_at`` is the moment the invoice was issued, in no way today's.
    """
    try:
        root = etree.fromstring(_invoice(sheet).to_xml())
        _set(root, "Naglowek/DataWytworzeniaFa", f"{made_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
        _set(root, "Naglowek/SystemInfo", SYSTEM)
        if sheet.kind == "ZAL":
            _state_the_order_only(root, sheet)
        document = bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True))
        with _ONE_AT_A_TIME:
            fa3.validate_fa3_xml_xsd(document)
    except ValueError as error:
        raise NotADocument(str(error)) from error
    if len(document) > LARGEST_DOCUMENT:
        raise NotADocument(f"{len(document)} bytes")
    return document


def _invoice(sheet: InvoiceSheet) -> fa3.FA3Invoice:
    if sheet.vat_rate not in RATES:
        raise NotADocument(f"VAT {sheet.vat_rate}%")
    return fa3.FA3Invoice(
        invoice_number=_plain(sheet.number),
        issue_date=sheet.issued_on,
        issue_place=_plain(sheet.seller.city) or None,
        sale_date=sheet.paid_on if sheet.paid_on != sheet.issued_on else None,
        seller=_party(sheet.seller),
        buyer=_party(sheet.buyer),
        **(_corrected(sheet, sheet.correction) if sheet.correction else _paid(sheet)),
    )


def _paid(sheet: InvoiceSheet) -> dict[str, Any]:
    advance = sheet.kind == "ZAL"
    return {
        "kind": FA3InvoiceKind.ADVANCE if advance else FA3InvoiceKind.BASIC,
        "lines": (_line(sheet, sheet.amounts),),
        "order": _order(sheet) if advance else None,
        "payment_terms": fa3.PaymentTerms(
            paid_date=sheet.paid_on, other_method_description=_plain(sheet.payment) or None
        ),
    }


def _corrected(sheet: InvoiceSheet, correction: Correction) -> dict[str, Any]:
    """Both states of the line; the sums are their difference, as on the sheet."""
    of_advance = correction.corrects_kind == "ZAL"
    before = correction.before
    return {
        "kind": FA3InvoiceKind.ADVANCE_CORRECTION if of_advance else FA3InvoiceKind.CORRECTION,
        "lines": (
            _line(sheet, before, before_correction=True),
            _line(sheet, before + sheet.amounts),
        ),
        "correction_reason": _plain(correction.reason)[:_LONGEST_REASON] or _NO_REASON,
        "correction_type": _TAX_BASE_CHANGES.value,
        "corrected_invoices": (
            fa3.CorrectionReference(
                _plain(correction.corrects_number),
                correction.corrects_issued_on,
                correction.corrects_ksef_number or None,
            ),
        ),
        "corrected_advance_state": (
            fa3.CorrectedAdvanceState.create(_zloty(before.gross)) if of_advance else None
        ),
    }


def _line(sheet: InvoiceSheet, amounts: Amounts, *, before_correction: bool = False) -> fa3.InvoiceLine:
    """One service. Gross price and value stand beside the net ones: the tax was found from them (art. 106e
    ust. 7 and 8), so net times rate may differ by a grosz.
    """
    return fa3.InvoiceLine(
        description=_plain(sheet.item)[:_LONGEST_NAME],
        quantity=Decimal(1),
        unit=UNIT,
        tax=fa3.TaxCategory.from_vat_rate(sheet.vat_rate),
        unit_net_price=_zloty(amounts.net),
        unit_gross_price=_zloty(amounts.gross),
        net_amount=_zloty(amounts.net),
        vat_amount=_zloty(amounts.tax),
        gross_amount=_zloty(amounts.gross),
        before_correction=before_correction,
    )


def _order(sheet: InvoiceSheet) -> fa3.Order:
    """What the advance is for (art. 106f ust. 1 pkt 4): the top-up, paid in full."""
    line = fa3.OrderLine(
        description=_plain(sheet.item)[:_LONGEST_NAME],
        quantity=Decimal(1),
        unit=UNIT,
        tax=fa3.TaxCategory.from_vat_rate(sheet.vat_rate),
        unit_net_price=_zloty(sheet.net),
    )
    return fa3.Order(_zloty(sheet.gross), (line,))


def _state_the_order_only(root: Any, sheet: InvoiceSheet) -> None:
    """The library finds sums from lines, and an order's tax from its net value; neither is ours."""
    for row in root.findall(_path("Fa/FaWiersz")):
        row.getparent().remove(row)
    _set(root, "Fa/Zamowienie/ZamowienieWiersz/P_11VatZ", f"{_zloty(sheet.tax):.2f}")


def _party(party: Party) -> fa3.InvoiceParty:
    return fa3.InvoiceParty.polish_company(
        nip=_plain(party.nip),
        name=_plain(party.name)[:_LONGEST_NAME],
        address=fa3.Address.polish(
            _plain(party.street)[:_LONGEST_NAME],
            _plain(f"{party.postal_code} {party.city}")[:_LONGEST_NAME],
        ),
    )


def _set(root: Any, path: str, text: str) -> None:
    element = root.find(_path(path))
    if element is None:
        raise NotADocument(f"{path} is missing")
    element.text = text


def _path(path: str) -> str:
    return "/".join(f"{{{NAMESPACE}}}{name}" for name in path.split("/"))


def _zloty(grosze: int) -> Decimal:
    return Decimal(grosze).scaleb(-2)


def _plain(text: str) -> str:
    """One line without what XML has no place for: control characters, halves of pairs, characters that are
    none.
    """
    shown = _WHITE.sub(" ", unicodedata.normalize("NFC", text))
    return "".join(one for one in shown if unicodedata.category(one) not in _NOT_TEXT).strip()
