"""What a person sees of an invoice on its way into KSeF, and can do about it."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.ksef import KsefEnvironment, KsefState
from models.audit import AuditEntry
from models.invoice import Invoice
from models.ksef import KsefSubmission
from models.user import User
from queries.ksef_stuck import number_stuck_in_ksef
from sandbox.sample_account import write_account
from tests import factories as make
from tests.admin_views.conftest import Visitor

Visit = Callable[[str], Visitor]
NUMBER = "1060000062-20250103-0200A0D6723E-C2"


@pytest.fixture
def invoices(panel: Flask, stored: Session) -> list[int]:
    accountant = stored.scalars(sa.select(User).where(User.name == "accountant")).one()
    write_account(stored, actor_id=accountant.id, now=make.LONG_AGO)
    stored.commit()
    return list(stored.scalars(sa.select(Invoice.id).order_by(Invoice.id)))


def put(stored: Session, invoice_id: int, state: KsefState, **values: object) -> None:
    """A row as `send_to_ksef` would have left it."""
    filled = {"xml": "<Faktura/>", "sha256": "0" * 64, "verification_url": "https://example.com/invoice/x"}
    filled |= {"environment": KsefEnvironment.TEST, "next_try_at": make.LONG_AGO}
    stored.add(
        KsefSubmission(
            invoice_id=invoice_id,
            state=state,
            **{**filled, **values},
        )
    )
    stored.commit()


def test_without_ksef_nothing_is_said_of_it(visit: Visit, invoices: list[int]) -> None:
    person = visit("accountant")
    card = person.get(f"/admin/invoice/details/?id={invoices[0]}")
    assert card.status_code == 200 and "/send-again/" not in card.text and "/xml/" not in card.text
    for page in ("xml", "upo"):
        assert person.get(f"/admin/invoice/{page}/{invoices[0]}").status_code == 404


def test_the_number_the_document_and_the_receipt_are_there(
    visit: Visit, stored: Session, invoices: list[int]
) -> None:
    put(stored, invoices[0], KsefState.ACCEPTED, ksef_number=NUMBER, upo="<Potwierdzenie/>")
    person = visit("accountant")
    assert NUMBER in person.get(f"/admin/invoice/details/?id={invoices[0]}").text
    assert "Accepted" in person.get("/admin/invoice/").text
    document = person.get(f"/admin/invoice/xml/{invoices[0]}")
    assert (document.data, document.mimetype) == (b"<Faktura/>", "application/xml")
    receipt = person.get(f"/admin/invoice/upo/{invoices[0]}")
    assert receipt.data == b"<Potwierdzenie/>" and "UPO" in receipt.headers["Content-Disposition"]
    assert person.get(f"/admin/invoice/pdf/{invoices[0]}").data.startswith(b"%PDF")
    assert NUMBER in person.get("/admin/invoice/export/csv/").text


def test_an_invoice_issued_offline_says_until_when(
    visit: Visit, stored: Session, invoices: list[int]
) -> None:
    put(stored, invoices[0], KsefState.OFFLINE, offline_since=make.LONG_AGO)
    person = visit("accountant")
    assert "Nov 18, 2024" in person.get("/admin/invoice/").text  # issued on a Saturday
    assert "lacks the second code" in person.get(f"/admin/invoice/details/?id={invoices[0]}").text


@pytest.mark.parametrize(
    ("state", "shown"), [("refused", [True, False]), ("none", [False, True]), ("accepted", [False, False])]
)
def test_the_list_is_filtered_by_state(
    visit: Visit, stored: Session, invoices: list[int], state: str, shown: list[bool]
) -> None:
    put(stored, invoices[0], KsefState.REFUSED, error_code=450, error_text="x")
    text = visit("accountant").get(f"/admin/invoice/?flt0_ksef={state}").text
    assert [f"/admin/invoice/pdf/{number}" in text for number in invoices] == shown


@pytest.mark.parametrize(
    ("state", "environment", "shown"),
    [
        (KsefState.REFUSED, KsefEnvironment.PRODUCTION, True),
        (KsefState.WAITING, KsefEnvironment.PRODUCTION, True),
        (KsefState.ACCEPTED, KsefEnvironment.PRODUCTION, False),
        (KsefState.WAITING, KsefEnvironment.TEST, False),
    ],
)
def test_what_production_left_behind_is_on_the_dashboard(
    visit: Visit,
    stored: Session,
    invoices: list[int],
    state: KsefState,
    environment: KsefEnvironment,
    shown: bool,
) -> None:
    number = NUMBER if state is KsefState.ACCEPTED else ""
    put(stored, invoices[0], state, environment=environment, ksef_number=number)
    accountant = visit("accountant")
    assert ("flt0_ksef=stuck" in accountant.get("/admin/").text) is shown
    listed = accountant.get("/admin/invoice/?flt0_ksef=stuck").text
    assert (f"/admin/invoice/pdf/{invoices[0]}" in listed) is shown
    assert "flt0_ksef=stuck" not in visit("viewer").get("/admin/").text


def test_under_way_for_long_is_stuck(stored: Session, invoices: list[int], now: datetime) -> None:
    active, hour = KsefEnvironment.TEST, timedelta(hours=1)
    put(stored, invoices[0], KsefState.SENT, invoice_reference="x", sent_at=now, next_try_at=now)
    put(stored, invoices[1], KsefState.WAITING, next_try_at=now, attempts=3, created_at=now)
    assert number_stuck_in_ksef(stored, active, now + hour) == 0
    assert number_stuck_in_ksef(stored, active, now + hour * 1.1) == 2


def test_a_refusal_is_read_and_sent_again_once(visit: Visit, stored: Session, invoices: list[int]) -> None:
    put(stored, invoices[0], KsefState.REFUSED, error_code=450, error_text="Błąd <w> dokumencie")
    person = visit("accountant")
    card = person.get(f"/admin/invoice/details/?id={invoices[0]}").text
    assert "450: Błąd &lt;w&gt; dokumencie" in card
    assert person.post(f"/admin/invoice/send-again/{invoices[0]}").status_code == 303
    stored.expire_all()
    row = stored.scalars(sa.select(KsefSubmission)).one()
    assert (row.state, row.xml, row.error_text, row.error_code) == (KsefState.WAITING, "", "", None)
    assert "send_again" in set(stored.scalars(sa.select(AuditEntry.action)))
    person.post(f"/admin/invoice/send-again/{invoices[0]}")
    assert len(list(stored.scalars(sa.select(AuditEntry.id).where(AuditEntry.action == "send_again")))) == 1


@pytest.mark.parametrize("role", ["operator", "viewer"])
def test_others_neither_read_nor_send(visit: Visit, stored: Session, invoices: list[int], role: str) -> None:
    put(stored, invoices[0], KsefState.REFUSED, error_code=450, error_text="x")
    person = visit(role)
    assert person.get(f"/admin/invoice/xml/{invoices[0]}").status_code == 403
    assert person.post(f"/admin/invoice/send-again/{invoices[0]}").status_code == 403


def test_the_database_refuses_a_number_without_acceptance(stored: Session, invoices: list[int]) -> None:
    with pytest.raises(sa.exc.IntegrityError, match="accepted_has_a_number"):
        put(stored, invoices[0], KsefState.ACCEPTED, decided_at=make.LONG_AGO + timedelta(days=1))
