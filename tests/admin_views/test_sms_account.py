"""The screens of the prepaid account: who may see and do what, and what they refuse."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models.audit import AuditEntry
from models.invoice import Invoice
from models.payment import Payment
from models.user import User
from sandbox.sample_account import COMPANY, OPERATOR, write_account
from services.invoice_settings import invoice_settings
from tests import factories as make
from tests.admin_views.conftest import Visitor

Visit = Callable[[str], Visitor]
FORM = {
    **{f"buyer-{name}": value for name, value in COMPANY.to_json().items()},
    **{f"seller-{name}": value for name, value in OPERATOR.to_json().items()},
    "series": "FV",
    "kind": "VAT",
    "vat_rate": "23",
}


@pytest.fixture
def account(panel: Flask, stored: Session) -> None:
    """The sample company's account: a price, two paid top-ups, two invoices."""
    accountant = stored.scalars(sa.select(User).where(User.name == "accountant")).one()
    write_account(stored, actor_id=accountant.id, now=make.LONG_AGO)
    stored.commit()


# --- who ---


@pytest.mark.parametrize(
    ("role", "codes"),
    [
        ("administrator", [200] * 7),
        ("accountant", [200] * 6 + [403]),
        ("operator", [403] * 7),
        ("viewer", [403] * 7),
    ],
)
def test_money_is_for_those_who_may_see_reports(
    visit: Visit, stored: Session, account: None, role: str, codes: list[int]
) -> None:
    person = visit(role)
    way_back = f"payment/back/{stored.scalars(sa.select(Payment.uuid)).first()}"
    pages = (
        "payment/top-up/",
        "payment/",
        way_back,
        "payment/export/csv/",
        "invoice/",
        "ledger_entry/",
        "company/",
    )
    assert [person.get(f"/admin/{page}").status_code for page in pages] == codes


def test_a_top_up_without_a_gateway_says_what_is_missing(
    visit: Visit, stored: Session, account: None
) -> None:
    person = visit("accountant")
    assert "No payment service is set up" in person.get("/admin/payment/top-up/").text
    answer = person.post("/admin/payment/top-up/", amount="100")
    assert answer.status_code == 409 and "No payment service is set up" in answer.text
    assert stored.scalar(sa.select(sa.func.count(Payment.id))) == 2


def test_the_way_back_of_a_payment_nobody_knows_is_not_found(visit: Visit) -> None:
    assert visit("accountant").get("/admin/payment/back/nothing").status_code == 404


# --- invoices ---


def test_an_invoice_is_listed_downloaded_and_never_changed(
    visit: Visit, stored: Session, account: None
) -> None:
    person = visit("accountant")
    assert "FV/1/" in person.get("/admin/invoice/").text
    file = person.get("/admin/invoice/pdf/1")
    assert (file.mimetype, file.data[:4]) == ("application/pdf", b"%PDF")
    assert person.get("/admin/invoice/pdf/99").status_code == 404
    assert "81.30" in person.get("/admin/invoice/export/csv/").text
    for page in ("edit/?id=1", "new/"):
        assert person.post(f"/admin/invoice/{page}", number="X").status_code in (403, 404, 302)
    assert stored.scalars(sa.select(Invoice.number).order_by(Invoice.id)).first() == "FV/1/2024"


@pytest.mark.parametrize("statement", ["UPDATE invoice SET gross = 1", "DELETE FROM invoice"])
def test_the_database_refuses_to_rewrite_an_invoice(stored: Session, account: None, statement: str) -> None:
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        stored.execute(sa.text(statement))


# --- the company ---


def test_the_parties_of_an_invoice_are_kept_and_audited(visit: Visit, stored: Session) -> None:
    assert visit("administrator").post("/admin/company/", **FORM).status_code == 302
    kept = invoice_settings(stored)
    assert (kept.buyer, kept.seller, kept.series) == (COMPANY, OPERATOR, "FV")
    assert "setting" in set(stored.scalars(sa.select(AuditEntry.entity)))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"buyer-nip": "1234563217"}, "not a valid NIP"),
        ({"seller-nip": COMPANY.nip}, "the same NIP"),
        ({"buyer-nip": "0000000000"}, "not a valid NIP"),
        ({"buyer-postal_code": "1"}, "Like 00-950."),
        ({"buyer-postal_code": "٠٠-٩٥٠"}, "Like 00-950."),
        ({"buyer-postal_code": "00\n-950"}, "Like 00-950."),
        ({"buyer-name": "🚀🚀"}, "U+1F680"),
        ({"buyer-street": "\u200b"}, "U+200B"),
        ({"seller-city": "A\ufffeB"}, "U+FFFE"),
        ({"buyer-name": "\x01"}, "This field is required."),
        ({"buyer-name": ""}, "This field is required."),
        ({"series": "fv/1"}, "capital letters"),
        ({"series": "FV\nX"}, "capital letters"),
        ({"series": "-"}, "capital letters"),
        ({"series": "FK"}, "the series of corrections"),
        ({"kind": "KOR"}, "Not a valid choice"),
        ({"vat_rate": "101"}, "must be one of"),
    ],
)
def test_what_no_invoice_can_carry_is_refused_at_its_field(
    visit: Visit, stored: Session, changed: dict[str, str], said: str
) -> None:
    answer = visit("administrator").post("/admin/company/", **{**FORM, **changed})
    assert answer.status_code == 409 and said in answer.text
    assert invoice_settings(stored).buyer.name == ""


def test_a_line_break_at_an_end_is_not_kept(visit: Visit, stored: Session) -> None:
    ends = {"series": "FV\n", "buyer-postal_code": COMPANY.postal_code + "\n", "buyer-name": "A\x01B\x0bC"}
    assert visit("administrator").post("/admin/company/", **{**FORM, **ends}).status_code == 302
    kept = invoice_settings(stored)
    assert (kept.series, kept.buyer.postal_code, kept.buyer.name) == ("FV", COMPANY.postal_code, "A B C")
