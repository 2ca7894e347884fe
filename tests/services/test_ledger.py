"""The prepaid account: never below zero, never charged twice, and always the sum of its entries."""

import multiprocessing
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
    NotEnoughMoney,
    NotReversible,
    ReasonMissing,
    Stamp,
    charge,
    close_hold,
    credit_payment,
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


def spend(session: Session, units: int, stamp: Stamp, **more: object) -> LedgerEntry:
    """Charge a new message; the entry."""
    attempt = f"attempt-{next(_attempts)}"
    message = make.make_message(session)
    charge(
        session,
        account(session).id,
        **{  # type: ignore[arg-type]
            "message_id": message.id, "attempt": attempt, "units": units, "campaign_id": None, "stamp": stamp,
            **more,
        },
    )  # fmt: skip
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
    again = {"message_id": entry.message_id, "attempt": entry.idempotency_key.removeprefix("charge:")}
    assert not charge(session, entry.account_id, **again, units=1_700, campaign_id=None, stamp=stamp)  # type: ignore[arg-type]
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


def _spend_one(url: str, message_id: int, ready: object) -> None:
    engine = sa.create_engine(url)
    ready.wait()  # type: ignore[attr-defined]
    with Session(engine) as session:
        try:
            charge(
                session, 1, message_id=message_id, attempt=f"race-{message_id}", units=1_700,
                campaign_id=None, stamp=Stamp(datetime.fromisoformat("2026-03-02T09:00:00+00:00")),
            )  # fmt: skip
            session.commit()
        except NotEnoughMoney:
            session.rollback()


def test_fifty_processes_and_money_for_thirty_make_thirty_charges(session: Session, stamp: Stamp) -> None:
    pay(session, 1_000, stamp)
    spend(session, 100_000 - 30 * 1_700, stamp)
    messages = [make.make_message(session).id for _ in range(50)]
    session.commit()
    url = db.engine.url.render_as_string(hide_password=False)
    context = multiprocessing.get_context("fork")
    ready = context.Barrier(50)
    racers = [context.Process(target=_spend_one, args=(url, number, ready)) for number in messages]
    session.close()
    db.engine.dispose()
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(60)
    assert [racer.exitcode for racer in racers] == [0] * 50
    raced = sa.select(sa.func.count()).where(LedgerEntry.idempotency_key.like("charge:race-%"))
    assert (session.scalar(raced), account(session).balance) == (30, 0)
    assert check_ledger(session).problems == ()
