"""The sample company's service desk: something to see on every screen, and everything as the rules say."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from domain.channel import Channel
from domain.delivery import Status
from domain.events import EventKind
from domain.notification_rules import Withheld
from domain.quoted_text import pieces_of
from domain.repairs import RepairState
from models import db
from models.message import Message, Origin
from models.notification import FiredEvent, Notification
from models.payment_due import PaymentDue
from models.repair import CostOffer, OfferState, Repair, RepairChange
from models.shipment import Shipment
from models.ticket import Ticket
from queries.ledger_check import check_ledger
from queries.reports_check import check_reports
from tests.sample_company import MONDAY, SMALL, copy_of_company, opened


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Only looked at."""
    with opened(copy_of_company(SMALL, tmp_path_factory.mktemp("desk"))) as app:
        yield app


def test_there_is_a_repair_in_every_state_and_an_offer_of_every_fate(seeded: Flask) -> None:
    assert set(db.session.scalars(sa.select(Repair.state))) == set(RepairState)
    assert set(db.session.scalars(sa.select(CostOffer.state))) == set(OfferState)
    assert {len(repair.changes) > 0 for repair in db.session.scalars(sa.select(Repair))} == {True}
    for model in (Ticket, PaymentDue, Shipment):
        assert len(db.session.scalars(sa.select(model.id)).all()) > 1


def test_every_event_happened_and_was_told_or_withheld_for_a_reason(seeded: Flask) -> None:
    assert set(db.session.scalars(sa.select(FiredEvent.kind))) == set(EventKind)
    reasons = set(db.session.scalars(sa.select(Notification.reason)))
    assert reasons >= {
        None,
        Withheld.HELD_BACK,
        Withheld.RULE_NEVER,
        Withheld.NOT_OFFERED,
        Withheld.MISSING_EMAIL,
        Withheld.BLOCKED_EMAIL,
    }
    told = db.session.scalars(sa.select(Message).where(Message.origin == Origin.EVENT)).all()
    assert {message.channel for message in told} == {Channel.EMAIL, Channel.SMS}
    assert {message.status for message in told} == {Status.SENT}
    assert all(message.body_text and "<%" not in message.body_text for message in told)


def test_its_steps_are_taken_in_the_last_two_weeks_and_in_order(seeded: Flask) -> None:
    for repair in db.session.scalars(sa.select(Repair)):
        moments = [change.changed_at for change in repair.changes]
        assert moments == sorted(moments)
        assert MONDAY - timedelta(days=14) < moments[0] <= moments[-1] <= MONDAY
        assert repair.changes[-1].to_state is repair.state
    assert db.session.scalar(sa.select(sa.func.count(RepairChange.id)))


def test_a_client_answered_a_letter_and_quoted_it(seeded: Flask) -> None:
    letter = db.session.scalars(sa.select(Message).where(Message.answers_id.is_not(None))).one()
    written, quoted = pieces_of(letter.body_text or "")
    assert (written.is_quoted, quoted.is_quoted) == (False, True) and letter.conversation
    assert letter.conversation.client_id == letter.client_id and letter.conversation.unread == 1


def test_the_books_still_balance(seeded: Flask) -> None:
    assert check_ledger(db.session()).problems == ()
    assert check_reports(db.session()).problems == ()
