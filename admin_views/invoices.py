"""Issued invoices: listed, filtered, downloaded. There is nothing to edit: an invoice never changes."""

from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_babel import format_date, gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from admin_views.access import REPORT, needs
from admin_views.base import RecordView
from admin_views.filters import PanelFilter, calendar_day, one_of, since_day, until_day
from admin_views.formatters import link, linked, own_link
from admin_views.ksef_words import ksef_badge, ksef_facts, ksef_filter, ksef_text
from admin_views.money import grosze_column
from admin_views.sections import SMS_ACCOUNT
from admin_views.sms_report_words import month_after
from domain.ksef import KsefState
from extensions.wiring import wiring
from gateways.invoice_pdf import render_invoice
from models import db
from models.invoice import Invoice, InvoiceKind
from models.ksef import KsefSubmission
from services.invoice_sheet import sheet_of
from services.ksef_submissions import send_again

SEE_OTHER = 303


def _in_month(first: date) -> sa.ColumnElement[bool]:
    return sa.and_(Invoice.issued_on >= first, Invoice.issued_on < month_after(first))


def _month(text: str) -> date:
    return calendar_day(f"{text}-01")


def _months() -> list[tuple[str, str]]:
    """Every month from the first invoice to the last, the newest first."""
    ends = sa.select(sa.func.min(Invoice.issued_on), sa.func.max(Invoice.issued_on))
    first, last = db.session.execute(ends).one()
    months, month = [], first and first.replace(day=1)
    while month and month <= last:
        months.append((f"{month:%Y-%m}", str(format_date(month, "LLLL yyyy"))))
        month = month_after(month)
    return months[::-1]


class InvoiceView(RecordView):
    record = Invoice
    title = _("Invoices")
    menu_section = SMS_ACCOUNT
    icon = "bi-receipt"
    read_permission = REPORT
    empty_title = _("No invoices yet")
    empty_hint = _("An invoice is issued by itself the moment a top-up is paid.")
    column_default_sort = ("id", True)
    eager = ("ksef",)

    column_list = ("number", "issued_on", "kind", "buyer", "net", "gross", "ksef", "pdf")
    column_details_list = (
        "number", "kind", "issued_on", "paid_on", "seller", "buyer", "item", "vat_rate", "net", "tax",
        "gross", "payment", "corrects", "reason",
    )  # fmt: skip
    column_export_list = (
        "number", "kind", "issued_on", "paid_on", "buyer", "buyer_nip", "vat_rate", "net", "tax", "gross",
        "ksef",
    )  # fmt: skip
    column_labels = {
        "number": _("Number"),
        "kind": _("Kind"),
        "issued_on": _("Issued"),
        "paid_on": _("Paid"),
        "seller": _("Seller"),
        "buyer": _("Buyer"),
        "buyer_nip": _("Buyer's NIP"),
        "item": _("Item"),
        "vat_rate": _("VAT rate (%)"),
        "net": _("Net"),
        "tax": _("VAT"),
        "gross": _("Gross"),
        "payment": _("Top-up"),
        "corrects": _("Corrects"),
        "reason": _("Reason"),
        "ksef": _("KSeF"),
        "pdf": _("PDF"),
    }
    column_formatters = {
        "number": own_link,
        "seller": lambda _view, _context, invoice, _name: _party(invoice.seller),
        "buyer": lambda _view, _context, invoice, _name: _party(invoice.buyer),
        "net": grosze_column,
        "tax": grosze_column,
        "gross": grosze_column,
        "payment": linked("payment"),
        "corrects": linked("invoice"),
        "ksef": lambda _view, _context, invoice, _name: ksef_badge(invoice.ksef),
        "pdf": lambda _view, _context, invoice, _name: link(_("Download"), ".pdf", invoice_id=invoice.id),
    }
    column_formatters_export = {
        "buyer": lambda _view, _context, invoice, _name: invoice.buyer.get("name", ""),
        "buyer_nip": lambda _view, _context, invoice, _name: invoice.buyer.get("nip", ""),
        "net": lambda _view, _context, invoice, _name: _plain(invoice.net),
        "tax": lambda _view, _context, invoice, _name: _plain(invoice.tax),
        "gross": lambda _view, _context, invoice, _name: _plain(invoice.gross),
        "ksef": lambda _view, _context, invoice, _name: ksef_text(invoice.ksef),
    }
    export_types = ("csv", "xlsx")
    column_sortable_list = ("number", "issued_on", "gross")
    column_searchable_list = ("number",)
    column_filters = (
        one_of("kind", _("Kind"), Invoice.kind, InvoiceKind),
        ksef_filter(),
        PanelFilter("month", _("Issued in the month"), _in_month, _month, options=_months),
        since_day("issued", _("Issued"), Invoice.issued_on),
        until_day("issued", _("Issued"), Invoice.issued_on),
    )

    def card_actions(self, model: Invoice) -> list[Markup]:
        return [self.section("invoice_download", invoice=model)]

    def card_banners(self, model: Invoice) -> list[Markup]:
        if model.ksef is None or model.ksef.state is not KsefState.REFUSED:
            return []
        return [self.section("invoice_ksef_refused", ksef=model.ksef)]

    def card_sections(self, model: Invoice) -> list[Markup]:
        return [self.section("invoice_ksef", **ksef_facts(model.ksef))] if model.ksef else []

    @expose("/pdf/<int:invoice_id>")
    def pdf(self, invoice_id: int) -> ResponseReturnValue:
        """The invoice as it is handed out."""
        invoice = db.session.get(Invoice, invoice_id)
        if invoice is None:
            abort(404)
        return _file(invoice, render_invoice(sheet_of(invoice)), "pdf")

    @expose("/xml/<int:invoice_id>")
    def xml(self, invoice_id: int) -> ResponseReturnValue:
        """The document as it is or was sent to KSeF."""
        submission = _submission(invoice_id)
        if not submission.xml:
            abort(404)
        return _file(submission.invoice, submission.xml.encode(), "xml")

    @expose("/upo/<int:invoice_id>")
    def upo(self, invoice_id: int) -> ResponseReturnValue:
        """KSeF's receipt, byte for byte: it carries a signature."""
        submission = _submission(invoice_id)
        if not submission.upo:
            abort(404)
        return _file(submission.invoice, submission.upo.encode(), "xml", "-UPO")

    @expose("/send-again/<int:invoice_id>", methods=("POST",))
    @needs(REPORT)
    def send_again(self, invoice_id: int) -> ResponseReturnValue:
        """Somebody has put right why KSeF refused it."""
        submission = _submission(invoice_id)
        send_again(db.session(), submission, wiring().clock())
        self.audit("send_again", invoice_id, {"number": submission.invoice.number})
        db.session.commit()
        flash(gettext("The invoice will be sent to KSeF again."), "success")
        return redirect(url_for(".details_view", id=invoice_id), SEE_OTHER)


def _submission(invoice_id: int) -> KsefSubmission:
    invoice = db.session.get(Invoice, invoice_id)
    if invoice is None or invoice.ksef is None:
        abort(404)
    return invoice.ksef


def _file(invoice: Invoice, content: bytes, kind: str, addition: str = "") -> ResponseReturnValue:
    return send_file(
        BytesIO(content),
        mimetype=f"application/{kind}",
        as_attachment=True,
        download_name=f"{invoice.number.replace('/', '-')}{addition}.{kind}",
    )


def _party(party: dict[str, Any]) -> str:
    return ", ".join(
        str(party[name]) for name in ("name", "nip", "street", "postal_code", "city") if party.get(name)
    )


def _plain(grosze: int) -> Decimal:
    """A spreadsheet's number, not a sentence: ``81.30``."""
    return Decimal(grosze).scaleb(-2)
