"""A top-up that is taken back: the entry reversed, the invoice corrected, the numbers without a gap."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.errors import DomainError
from domain.payments import PaymentStatus
from gateways.invoice_pdf import Amounts, render_invoice
from models import db
from models.audit import AuditEntry
from models.invoice import Invoice, InvoiceKind
from models.ledger import EntryKind, LedgerEntry
from models.payment import Payment, PaymentGateway
from models.sms_account import SmsAccount
from queries.ledger_check import check_ledger
from sandbox.sample_account import COMPANY, OPERATOR
from services.invoice_settings import BUYER, SELLER, invoice_settings, save_settings
from services.invoice_sheet import sheet_of
from services.issue_invoice import NothingToCorrect, correct_invoice, issue_invoice
from services.ledger import (
    AlreadyReversed,
    Fare,
    NotEnoughMoney,
    ReasonMissing,
    Stamp,
    charge_many,
    credit_payment,
    reverse,
)
from services.reverse_top_up import NotATopUp, reverse_top_up
from tests import factories as make


@pytest.fixture
def session(database: Flask, now: datetime) -> Session:
    session = db.session()
    save_settings(session, {SELLER: OPERATOR.to_json(), BUYER: COMPANY.to_json()}, actor_id=None, now=now)
    session.commit()
    return session


def pay(session: Session, grosze: int, now: datetime) -> LedgerEntry:
    """A paid top-up with its invoice; its entry."""
    payment = Payment(
        uuid=str(uuid4()),
        account_id=session.scalars(sa.select(SmsAccount.id)).one(),
        gateway=PaymentGateway.SANDBOX,
        amount=grosze,
        status=PaymentStatus.PAID,
        created_at=now,
        paid_at=now,
    )
    session.add(payment)
    session.flush()
    credit_payment(session, payment, grosze * 100, Stamp(now))
    issue_invoice(session, payment, invoice_settings(session), now)
    session.commit()
    return session.scalars(sa.select(LedgerEntry).where(LedgerEntry.payment_id == payment.id)).one()


def balance(session: Session) -> int:
    return session.scalars(sa.select(SmsAccount.balance).execution_options(populate_existing=True)).one()


def test_a_top_up_taken_back_leaves_no_money_and_a_correction_to_nothing(
    session: Session, now: datetime
) -> None:
    entry = pay(session, 9_999, now)
    correction = reverse_top_up(session, entry, " paid twice ", actor_id=None, now=now + timedelta(days=1))
    session.commit()
    assert (correction.kind, correction.number) == (InvoiceKind.CORRECTION, "FK/1/2026")
    assert (correction.net, correction.tax, correction.gross) == (-8_129, -1_870, -9_999)
    assert (correction.reason, correction.payment_id) == ("paid twice", None)
    assert correction.corrects is not None and correction.corrects.number == "FV/1/2026"
    assert correction.buyer == correction.corrects.buyer and correction.paid_on == correction.corrects.paid_on
    assert balance(session) == 0 and check_ledger(session).problems == ()
    assert session.scalars(sa.select(AuditEntry.action)).all()[-1] == "reverse_top_up"


def test_a_correction_shows_what_stood_before_it(session: Session, now: datetime) -> None:
    entry = pay(session, 10_000, now)
    correction = reverse_top_up(session, entry, "paid twice", actor_id=None, now=now)
    sheet = sheet_of(correction)
    assert sheet.correction is not None
    assert sheet.correction.before == Amounts(8_130, 1_870, 10_000)
    assert sheet.correction.before + sheet.amounts == Amounts(0, 0, 0)
    assert (sheet.correction.corrects_number, sheet.correction.corrects_kind) == ("FV/1/2026", "VAT")
    assert render_invoice(sheet).startswith(b"%PDF")


def test_a_second_correction_starts_from_what_the_first_has_left(session: Session, now: datetime) -> None:
    pay(session, 10_000, now)
    original = session.scalars(sa.select(Invoice)).one()
    corrections = [
        correct_invoice(session, original, gross, "agreed", now) for gross in (9_999, 5_000, 12_345, 0)
    ]
    assert [found.number for found in corrections] == [f"FK/{place}/2026" for place in (1, 2, 3, 4)]
    assert [found.gross for found in corrections] == [-1, -4_999, 7_345, -12_345]
    standing = Amounts(original.net, original.tax, original.gross)
    for found, gross in zip(corrections, (9_999, 5_000, 12_345, 0), strict=True):
        sheet = sheet_of(found)
        assert sheet.correction is not None and sheet.correction.before == standing
        standing = standing + sheet.amounts
        assert standing.gross == gross and standing.net + standing.tax == gross
    assert standing == Amounts(0, 0, 0)
    with pytest.raises(NothingToCorrect):
        correct_invoice(session, original, 0, "again", now)


@pytest.mark.parametrize("reason", ["", "   "])
def test_without_a_reason_nothing_is_taken_back(session: Session, now: datetime, reason: str) -> None:
    entry = pay(session, 10_000, now)
    with pytest.raises(ReasonMissing):
        reverse_top_up(session, entry, reason, actor_id=None, now=now)
    session.rollback()
    assert balance(session) == 1_000_000


def test_what_is_refused_leaves_no_gap_in_the_numbers(session: Session, now: datetime) -> None:
    entries = [pay(session, amount, now) for amount in (10_000, 2_000, 3_000)]
    reverse_top_up(session, entries[0], "mistake", actor_id=None, now=now)
    session.commit()
    account_id = entries[0].account_id
    message = make.make_message(session)
    charge_many(session, account_id, [Fare(message.id, "a", 250_000)], campaign_id=None, stamp=Stamp(now))
    session.commit()
    refusals: list[tuple[LedgerEntry, type[DomainError]]] = [
        (entries[0], AlreadyReversed),
        (entries[2], NotEnoughMoney),
        (
            session.scalars(sa.select(LedgerEntry).where(LedgerEntry.kind == EntryKind.CHARGE)).one(),
            NotATopUp,
        ),
    ]
    for entry, refusal in refusals:
        with pytest.raises(refusal):
            reverse_top_up(session, entry, "mistake", actor_id=None, now=now)
        session.rollback()
    reverse_top_up(session, entries[1], "mistake", actor_id=None, now=now)
    session.commit()
    numbers = sa.select(Invoice.number).where(Invoice.kind == InvoiceKind.CORRECTION).order_by(Invoice.id)
    assert session.scalars(numbers).all() == ["FK/1/2026", "FK/2/2026"]
    assert check_ledger(session).problems == ()


def test_a_reversal_without_its_correction_is_told_by_the_ledgers_check(
    session: Session, now: datetime
) -> None:
    entry = pay(session, 10_000, now)
    reverse(session, entry, "by hand", Stamp(now))
    session.commit()
    [problem] = check_ledger(session).problems
    assert "was taken back, and 10000 of it is still invoiced" in problem


def test_people_who_take_the_same_top_up_back_at_once_take_it_back_once(
    database: Flask, session: Session, now: datetime
) -> None:
    numbers = [pay(session, 10_000, now).id for _ in range(3)]
    session.close()

    def take_back(number: int) -> bool:
        with database.app_context():
            own = db.session()
            try:
                reverse_top_up(own, own.get_one(LedgerEntry, number), "x", actor_id=None, now=now)
                own.commit()
            except AlreadyReversed:
                own.rollback()
                return False
            finally:
                db.session.remove()
            return True

    with ThreadPoolExecutor(6) as people:
        done = list(people.map(take_back, numbers * 4))
    assert sum(done) == 3
    found = db.session.scalars(sa.select(Invoice.sequence).where(Invoice.series == "FK").order_by(Invoice.id))
    assert list(found) == [1, 2, 3] and check_ledger(db.session()).problems == ()
