"""The PDF of a VAT invoice, set by typst: what art. 106e ust. 1 of the VAT Act (of a correction, art. 106j
ust. 2) asks for, on one A4 page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from domain.amount_in_words import amount_in_words
from domain.invoices import Party
from domain.printed_text import printed_line
from gateways.typeset import typeset

_LAYOUT = Path(__file__).with_name("invoice.typ")
_TITLES = {"VAT": "Faktura VAT", "ZAL": "Faktura zaliczkowa", "KOR": "Faktura korygująca"}
_NO_BREAK = "\u00a0"


@dataclass(frozen=True, slots=True)
class Amounts:
    """Grosze."""

    net: int
    tax: int
    gross: int

    def __add__(self, other: "Amounts") -> "Amounts":
        return Amounts(self.net + other.net, self.tax + other.tax, self.gross + other.gross)


@dataclass(frozen=True, slots=True)
class Correction:
    """The invoice a correction corrects, and what it said."""

    corrects_number: str
    corrects_issued_on: date
    reason: str
    before: Amounts
    corrects_ksef_number: str = ""
    corrects_kind: Literal["VAT", "ZAL", "KOR"] = "VAT"


@dataclass(frozen=True, slots=True)
class InvoiceSheet:
    """An invoice of one service, quantity 1, paid in full on ``paid_on``.

    ``amounts`` of a correction are the difference, so they may be negative; what it should have said is
    ``correction.before + amounts``. ``ksef_qr`` is the code's rows without a quiet zone, True for a dark
    module; a code without a number is labelled OFFLINE. ``certificate_qr`` is the second code, which proves
    who issued an invoice that KSeF has not seen yet (CIRFMF/ksef-docs, kody-qr.md).
    """

    number: str
    kind: Literal["VAT", "ZAL", "KOR"]
    issued_on: date
    paid_on: date
    seller: Party
    buyer: Party
    item: str
    vat_rate: int
    net: int
    tax: int
    gross: int
    payment: str
    correction: Correction | None = None
    ksef_number: str = ""
    ksef_qr: Sequence[Sequence[bool]] = ()
    certificate_qr: Sequence[Sequence[bool]] = ()

    def __post_init__(self) -> None:
        if (self.kind == "KOR") != (self.correction is not None):
            raise ValueError("a correction, and nothing else, names the invoice it corrects")

    @property
    def amounts(self) -> Amounts:
        return Amounts(self.net, self.tax, self.gross)


def render_invoice(sheet: InvoiceSheet) -> bytes:
    """A PDF, the same bytes for the same sheet. What is no text (control characters, direction marks, emoji)
    is dropped. Raises ValueError for amounts from one thousand million złotych on.
    """
    return typeset(_LAYOUT, _content(sheet), sheet.issued_on)


def _content(sheet: InvoiceSheet) -> dict[str, object]:
    """What the layout places, every text formatted and clean."""
    issued = sheet.issued_on
    return {
        "title": _TITLES[sheet.kind],
        "number": printed_line(sheet.number),
        "issued": {"text": _date(issued), "year": issued.year, "month": issued.month, "day": issued.day},
        "place": printed_line(sheet.seller.city),
        "paid_label": "Data otrzymania zapłaty" if sheet.kind == "ZAL" else "Data sprzedaży i zapłaty",
        "paid": _date(sheet.paid_on),
        "payment": printed_line(sheet.payment),
        "seller": _party(sheet.seller),
        "buyer": _party(sheet.buyer),
        "item": printed_line(sheet.item),
        "rate": f"{sheet.vat_rate}%",
        "lines": _lines(sheet),
        "total": _figures(sheet.amounts),
        "ksef": printed_line(sheet.ksef_number),
        "qr": _pixels(sheet.ksef_qr),
        "certificate": _pixels(sheet.certificate_qr),
        "correction": _correction(sheet.correction),
        **_settlement(sheet),
    }


def _pixels(modules: Sequence[Sequence[bool]]) -> list[list[int]]:
    return [[0 if dark else 255 for dark in row] for row in modules]


def _party(party: Party) -> dict[str, str]:
    return {
        "name": printed_line(party.name),
        "street": printed_line(party.street),
        "city": printed_line(f"{party.postal_code} {party.city}"),
        "nip": printed_line(party.nip),
    }


def _correction(correction: Correction | None) -> dict[str, str] | None:
    if correction is None:
        return None
    number, issued_on = printed_line(correction.corrects_number), _date(correction.corrects_issued_on)
    return {
        "document": f"{number} z dnia {issued_on}",
        "ksef": printed_line(correction.corrects_ksef_number),
        "reason": printed_line(correction.reason),
    }


def _lines(sheet: InvoiceSheet) -> list[dict[str, str]]:
    if sheet.correction is None:
        return [{"state": "", **_figures(sheet.amounts)}]
    before = sheet.correction.before
    return [
        {"state": "Przed korektą", **_figures(before)},
        {"state": "Po korekcie", **_figures(before + sheet.amounts)},
    ]


def _settlement(sheet: InvoiceSheet) -> dict[str, str]:
    """The total due. A correction leaves its difference to be paid or returned; anything else is paid."""
    total = _zloty(abs(sheet.gross))
    words = amount_in_words(sheet.gross)
    if sheet.kind == "KOR":
        due = f"Do zwrotu: {total}" if sheet.gross < 0 else f"Do zapłaty: {total}"
        return {"summary": "Korekta", "due": due, "settled": "", "words": words}
    paid = f"zapłacono {total} dnia {_date(sheet.paid_on)}"
    return {"summary": "Ogółem", "due": f"Do zapłaty: {_zloty(0)}", "settled": paid, "words": words}


def _figures(amounts: Amounts) -> dict[str, str]:
    return {name: _decimal(getattr(amounts, name)) for name in ("net", "tax", "gross")}


def _decimal(grosze: int) -> str:
    """``-123_456`` → ``-1 234,56`` with a no-break space; a hyphen, which spreadsheets read as a minus."""
    zlote, rest = divmod(abs(grosze), 100)
    return f"{'-' if grosze < 0 else ''}{zlote:,},{rest:02}".replace(",", _NO_BREAK, f"{zlote:,}".count(","))


def _zloty(grosze: int) -> str:
    return f"{_decimal(grosze)}{_NO_BREAK}zł"


def _date(day: date) -> str:
    return f"{day:%d.%m}.{day.year:04}"
