"""A month's invoices as an accountant takes them: the same rows and sums on paper, in CSV and in Excel."""

import csv
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from uuid import uuid4
from xml.etree import ElementTree

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.payments import PaymentStatus
from models.invoice import Invoice
from models.payment import Payment, PaymentGateway
from models.sms_account import SmsAccount
from sandbox.sample_account import COMPANY, OPERATOR
from services.invoice_settings import BUYER, SELLER, invoice_settings, save_settings
from services.issue_invoice import correct_invoice, issue_invoice
from tests.admin_views.conftest import Visitor

Visit = Callable[[str], Visitor]
SPREADSHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
MONTH = {"flt0_month": "2026-03"}
DAYS = {"flt0_issued_since": "2026-03-01", "flt1_issued_until": "2026-03-31"}
HEADER = [
    "Number", "Kind", "Issued", "Paid", "Buyer", "Buyer's NIP", "VAT rate (%)", "Net", "VAT", "Gross", "KSeF",
]  # fmt: skip
EPOCH = date(1899, 12, 30)


@pytest.fixture
def invoices(panel: Flask, stored: Session) -> None:
    """One in February, two on March's first and last day, the second corrected at once, and one in April."""
    values = {SELLER: OPERATOR.to_json(), BUYER: COMPANY.to_json()}
    save_settings(stored, values, actor_id=None, now=datetime(2026, 1, 1, tzinfo=UTC))
    settings = invoice_settings(stored)
    for month, day, grosze in ((2, 28, 5_000), (3, 1, 10_001), (3, 31, 33_333), (4, 1, 7_000)):
        moment = datetime(2026, month, day, 12, tzinfo=UTC)
        payment = Payment(
            uuid=str(uuid4()),
            account_id=stored.scalars(sa.select(SmsAccount.id)).one(),
            gateway=PaymentGateway.SANDBOX,
            amount=grosze,
            status=PaymentStatus.PAID,
            created_at=moment,
            paid_at=moment,
        )
        stored.add(payment)
        stored.flush()
        invoice = issue_invoice(stored, payment, settings, moment)
        if grosze == 33_333:
            correct_invoice(stored, invoice, 0, "Pomylony odbiorca", moment)
        assert invoice.issued_on == date(2026, month, day)
    stored.commit()


def march(stored: Session) -> list[Invoice]:
    wanted = sa.select(Invoice).where(Invoice.issued_on.between(date(2026, 3, 1), date(2026, 3, 31)))
    return list(stored.scalars(wanted.order_by(Invoice.id.desc())))


def expected(stored: Session) -> list[tuple[object, ...]]:
    """Number, day, net, tax and gross of March's invoices, the last first; amounts in zloty."""
    return [
        (row.number, row.issued_on, *(Decimal(grosze).scaleb(-2) for grosze in (row.net, row.tax, row.gross)))
        for row in march(stored)
    ]


def sheet_of(content: bytes) -> list[list[tuple[str | None, str]]]:
    """(type, value) of every cell of the first sheet; the type of a number is n or none."""
    sheet = ElementTree.fromstring(zipfile.ZipFile(BytesIO(content)).read("xl/worksheets/sheet1.xml"))
    return [
        [(cell.get("t"), "".join(cell.itertext())) for cell in row.iter(f"{SPREADSHEET}c")]
        for row in sheet.iter(f"{SPREADSHEET}row")
    ]


@pytest.mark.parametrize("filters", [MONTH, DAYS])
def test_a_month_s_workbook_holds_its_invoices_and_adds_up(
    visit: Visit, stored: Session, invoices: None, filters: dict[str, str]
) -> None:
    answer = visit("accountant").get("/admin/invoice/export/xlsx/", **filters)
    assert answer.headers["Content-Disposition"].endswith(".xlsx")
    header, *rows = sheet_of(answer.data)
    assert [value for _kind, value in header] == HEADER
    assert {kind for row in rows for kind, _value in row[6:10]} <= {None, "n"}
    found = [
        (row[0][1], EPOCH + timedelta(days=int(row[2][1])), *(Decimal(row[place][1]) for place in (7, 8, 9)))
        for row in rows
    ]
    assert found == expected(stored) and len(found) == 3
    net, tax, gross = (sum(column) for column in list(zip(*found, strict=True))[2:])
    assert net + tax == gross == Decimal("100.01")  # what was corrected comes to nothing
    assert [row[5] for row in rows] == [("inlineStr", COMPANY.nip)] * 3


@pytest.mark.parametrize("filters", [MONTH, DAYS])
def test_a_month_s_csv_holds_the_same(
    visit: Visit, stored: Session, invoices: None, filters: dict[str, str]
) -> None:
    text = visit("accountant").get("/admin/invoice/export/csv/", **filters).text
    header, *rows = csv.reader(StringIO(text.removeprefix("\ufeff")))
    assert header == HEADER
    found = [
        (row[0], date.fromisoformat(row[2]), *(Decimal(row[place]) for place in (7, 8, 9))) for row in rows
    ]
    assert found == expected(stored)


@pytest.mark.parametrize(("language", "gross"), [("en", "-333.33"), ("pl", "-333,33")])
def test_a_correction_is_a_number_in_csv(
    panel: Flask, stored: Session, invoices: None, language: str, gross: str
) -> None:
    person = Visitor(panel, "accountant@goniec.example", language)
    text = person.get("/admin/invoice/export/csv/", **MONTH).text
    rows = csv.reader(StringIO(text.removeprefix("\ufeff")), delimiter=";" if language == "pl" else ",")
    assert gross in {row[9] for row in rows}


def test_the_list_offers_every_month_and_both_files(visit: Visit, invoices: None) -> None:
    page = visit("accountant").get("/admin/invoice/", **MONTH).text
    assert "March 2026" in page and "FV/4/2026" not in page
    for kind in ("csv", "xlsx"):
        assert f"/admin/invoice/export/{kind}/?flt0_month=2026-03" in page
    assert visit("accountant").get("/admin/invoice/", flt0_month="2026-13").status_code in (302, 409)


def test_a_list_without_workbooks_gives_none(visit: Visit, invoices: None) -> None:
    answer = visit("accountant").get("/admin/payment/export/xlsx/")
    assert answer.status_code in (302, 404)
