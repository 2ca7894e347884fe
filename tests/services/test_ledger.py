"""The prepaid account: never below zero, never charged twice, and always the sum of its entries."""

from datetime import datetime
from itertools import count
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from domain.payments import PaymentStatus
from models import db
from models.ledger import EntryKind, Hold, HoldState, LedgerEntry
from models.payment import Payment, PaymentGateway
from models.sms_account import SmsAccount
from queries.ledger_check import check_ledger
from services.invoice_settings import invoice_settings
from services.issue_invoice import issue_invoice
from services.ledger import (
    AlreadyReversed,
    Charged,
    Fare,
    NotEnoughMoney,
    NotReversible,
    ReasonMissing,
    Stamp,
    charge_many,
    close_hold,
    credit_payment,
    not_enough,
    open_hold,
    refund,
    reverse,
)
from tests import factories as make

_attempts = count()


@pytest.fixture
def session(database: Flask) -> Session:
    return db.session()


@pytest.fixture
def stamp(now: datetime) -> Stamp:
    return Stamp(now)


def account(session: Session) -> SmsAccount:
    return session.scalars(sa.select(SmsAccount).execution_options(populate_existing=True)).one()


def pay(session: Session, grosze: int, stamp: Stamp) -> Payment:
    """A paid top-up with its invoice."""
    payment = Payment(
        uuid=str(uuid4()),
        account_id=account(session).id,
        gateway=PaymentGateway.SANDBOX,
        amount=grosze,
        status=PaymentStatus.PAID,
        created_at=stamp.now,
        paid_at=stamp.now,
    )
    session.add(payment)
    session.flush()
    credit_payment(session, payment, grosze * 100, stamp)
    issue_invoice(session, payment, invoice_settings(session), stamp.now)
    session.commit()
    return payment


def spend(session: Session, units: int, stamp: Stamp, campaign_id: int | None = None) -> LedgerEntry:
    """Charge a new message; the entry. Raises NotEnoughMoney."""
    attempt = f"attempt-{next(_attempts)}"
    fare, account_id = Fare(make.make_message(session).id, attempt, units), account(session).id
    if not charge_many(session, account_id, [fare], campaign_id=campaign_id, stamp=stamp).covered:
        raise not_enough(session, account_id, units)
    session.commit()
    return session.scalars(
        sa.select(LedgerEntry).where(LedgerEntry.idempotency_key == f"charge:{attempt}")
    ).one()


def test_the_balance_is_what_the_entries_add_up_to(session: Session, stamp: Stamp) -> None:
    pay(session, 10_000, stamp)
    first = spend(session, 1_700, stamp)
    spend(session, 3_400, stamp)
    assert refund(session, first, stamp)
    session.commit()
    assert account(session).balance == 1_000_000 - 3_400
    assert check_ledger(session).problems == ()


def test_the_same_payment_attempt_and_refund_count_once(session: Session, stamp: Stamp) -> None:
    payment = pay(session, 10_000, stamp)
    assert not credit_payment(session, payment, 1_000_000, stamp)
    entry = spend(session, 1_700, stamp)
    assert entry.message_id is not None
    again = Fare(entry.message_id, entry.idempotency_key.removeprefix("charge:"), 1_700)
    charged = charge_many(session, entry.account_id, [again], campaign_id=None, stamp=stamp)
    assert charged == Charged(frozenset({again.attempt}), frozenset())
    assert refund(session, entry, stamp) and not refund(session, entry, stamp)
    session.commit()
    assert account(session).balance == 1_000_000


def test_what_is_not_there_cannot_be_spent(session: Session, stamp: Stamp) -> None:
    pay(session, 1_000, stamp)
    with pytest.raises(NotEnoughMoney, match=r"10\.01 PLN is needed, 10\.00 PLN is available"):
        spend(session, 100_100, stamp)
    session.rollback()
    spend(session, 100_000, stamp)
    assert account(session).balance == 0


def test_a_hold_is_drawn_first_and_its_rest_is_released(session: Session, stamp: Stamp) -> None:
    pay(session, 1_000, stamp)
    campaign = make.make_draft(session, make.make_investment(session))
    open_hold(session, account(session).id, campaign.id, 60_000, stamp)
    session.commit()
    assert account(session).available == 40_000
    spend(session, 10_000, stamp, campaign_id=campaign.id)
    found = account(session)
    assert (found.balance, found.held) == (90_000, 50_000)
    assert close_hold(session, campaign.id, stamp) == 50_000
    session.commit()
    found = account(session)
    assert (found.balance, found.held) == (90_000, 0)
    assert close_hold(session, campaign.id, stamp) == 0
    assert session.scalars(sa.select(Hold.state)).one() == HoldState.RELEASED


def test_a_price_that_rose_draws_on_what_is_available(session: Session, stamp: Stamp) -> None:
    pay(session, 1_000, stamp)
    campaign = make.make_draft(session, make.make_investment(session))
    open_hold(session, account(session).id, campaign.id, 30_000, stamp)
    spend(session, 50_000, stamp, campaign_id=campaign.id)
    found = account(session)
    assert (found.balance, found.held, found.available) == (50_000, 0, 50_000)
    close_hold(session, campaign.id, stamp)
    session.commit()
    assert session.scalars(sa.select(Hold.state)).one() == HoldState.USED


def test_money_held_for_one_campaign_is_not_there_for_another(session: Session, stamp: Stamp) -> None:
    pay(session, 1_000, stamp)
    campaign = make.make_draft(session, make.make_investment(session))
    open_hold(session, account(session).id, campaign.id, 60_000, stamp)
    session.commit()
    with pytest.raises(NotEnoughMoney):
        spend(session, 50_000, stamp)
    session.rollback()
    other = make.make_draft(session, make.make_investment(session, "Druga"))
    with pytest.raises(NotEnoughMoney):
        open_hold(session, account(session).id, other.id, 40_001, stamp)


def test_a_correction_only_takes_back_what_is_there_and_says_why(session: Session, stamp: Stamp) -> None:
    pay(session, 1_000, stamp)
    entry = spend(session, 20_000, stamp)
    with pytest.raises(ReasonMissing):
        reverse(session, entry, " ", stamp)
    reversal = reverse(session, entry, "charged for a test", stamp)
    session.commit()
    assert (reversal.kind, reversal.amount, account(session).balance) == (EntryKind.REVERSAL, 20_000, 100_000)
    with pytest.raises(AlreadyReversed):
        reverse(session, entry, "again", stamp)
    with pytest.raises(NotReversible):
        reverse(session, reversal, "again", stamp)


def test_a_top_up_that_is_spent_cannot_be_taken_back(session: Session, stamp: Stamp) -> None:
    pay(session, 1_000, stamp)
    entry = session.scalars(sa.select(LedgerEntry)).one()
    spend(session, 1, stamp)
    with pytest.raises(NotEnoughMoney):
        reverse(session, entry, "a mistake", stamp)


@pytest.mark.parametrize("statement", ["UPDATE ledger_entry SET amount = 1", "DELETE FROM ledger_entry"])
def test_the_database_refuses_to_rewrite_the_ledger(session: Session, stamp: Stamp, statement: str) -> None:
    pay(session, 1_000, stamp)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        session.execute(sa.text(statement))


def test_a_balance_that_somebody_changed_is_found(session: Session, stamp: Stamp) -> None:
    pay(session, 1_000, stamp)
    session.execute(sa.update(SmsAccount).values(balance=SmsAccount.balance + 1))
    assert check_ledger(session).problems == (
        "account 1: the balance is 100001, the entries add up to 100000",
    )


def test_a_top_up_without_its_invoice_is_found(session: Session, stamp: Stamp) -> None:
    payment = Payment(
        uuid="x", account_id=account(session).id, gateway=PaymentGateway.PAYU, amount=1_000,
        status=PaymentStatus.PAID, created_at=stamp.now, paid_at=stamp.now,
    )  # fmt: skip
    session.add(payment)
    session.flush()
    assert "is paid and not on the ledger" in check_ledger(session).problems[0]
    credit_payment(session, payment, 100_000, stamp)
    assert "invoiced None" in check_ledger(session).problems[0]


moves = st.lists(
    st.tuples(st.sampled_from(["pay", "spend", "refund", "hold", "close"]), st.integers(1, 40_000)),
    max_size=25,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves)
def test_no_order_of_movements_breaks_the_sum_or_goes_below_zero(
    session: Session, stamp: Stamp, moves: list[tuple[str, int]]
) -> None:
    campaign = make.make_draft(session, make.make_investment(session, f"I{next(_attempts)}"))
    session.commit()
    entries: list[LedgerEntry] = []
    for move, units in moves:
        try:
            if move == "pay":
                pay(session, 1_000 + units, stamp)
            elif move == "spend":
                entries.append(spend(session, units, stamp, campaign_id=campaign.id))
            elif move == "refund" and entries:
                refund(session, entries.pop(), stamp)
            elif move == "hold":
                open_hold(session, account(session).id, campaign.id, units, stamp)
            elif move == "close":
                close_hold(session, campaign.id, stamp)
            session.commit()
        except (NotEnoughMoney, sa.exc.IntegrityError):
            session.rollback()
        found = account(session)
        assert found.balance >= 0 and 0 <= found.held <= found.balance
    assert check_ledger(session).problems == ()
