"""Repairs move by the table alone, keep every step, and tell their clients; offers are decided once."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.errors import DomainError
from domain.events import EventKind
from domain.local_time import WARSAW
from domain.notification_rules import Withheld
from domain.repairs import CannotBegin, IllegalMove, RepairState
from extensions.wiring import wiring
from models import db
from models.notification import FiredEvent
from models.repair import ChangeSource, CostOffer, OfferState, Repair, RepairChange
from models.setting import Setting
from services.decide_offer import (
    AFTER_NO,
    NotAwaitingAcceptance,
    OfferDecided,
    OfferExpired,
    decide_offer,
)
from services.make_offer import NothingToOffer, OfferExpiresBefore, OfferTerms, make_offer
from services.move_repair import Moved, Mover, NoOpenOffer, NoSuchRepair, begin_repair, move_repair
from tests.service_desk import give_offer, make_repair, make_told_client

S = RepairState
PANEL = Mover(ChangeSource.PANEL)
Move = Callable[..., Moved]


@pytest.fixture
def session(database: Flask) -> Session:
    return db.session()


@pytest.fixture
def repair(session: Session) -> Repair:
    return make_repair(session, make_told_client(session))


@pytest.fixture
def move(session: Session, now: datetime) -> Move:
    def move(repair: Repair, wanted: RepairState, mover: Mover = PANEL) -> Moved:
        return move_repair(session, repair.id, wanted, mover, runtime=wiring().ejs(), now=now)

    return move


def kinds(session: Session) -> list[EventKind]:
    return list(session.scalars(sa.select(FiredEvent.kind).order_by(FiredEvent.id)))


def test_a_move_keeps_the_step_and_tells_the_client(
    session: Session, repair: Repair, move: Move, now: datetime
) -> None:
    moved = move(repair, S.AWAITING_PARTS, Mover(ChangeSource.PANEL, note="matryca"))
    assert (repair.state, repair.state_since) == (S.AWAITING_PARTS, now)
    assert (moved.change.from_state, moved.change.to_state) == (S.RECEIVED, S.AWAITING_PARTS)
    assert moved.change.note == "matryca"
    assert kinds(session) == [EventKind.AWAITING_PARTS] and len(moved.rings) == 1


def test_an_illegal_move_changes_nothing(session: Session, repair: Repair, move: Move) -> None:
    with pytest.raises(IllegalMove):
        move(repair, S.AWAITING_SHIPMENT)
    assert repair.state is S.RECEIVED and not session.scalars(sa.select(RepairChange)).all()


def test_steps_are_never_changed_afterwards(session: Session, repair: Repair, move: Move) -> None:
    change = move(repair, S.DIAGNOSIS).change
    session.commit()
    change.note = "co innego"
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        session.flush()
    session.rollback()


def test_a_new_repair_begins_with_a_step_and_an_event(session: Session, now: datetime) -> None:
    client = make_told_client(session)
    new = Repair(number="N/1", client_id=client.id, device="Tablet", state=S.RECEIVED)
    begun = begin_repair(session, new, PANEL, runtime=wiring().ejs(), now=now)
    assert (begun.change.from_state, new.state_since) == (None, now)
    assert kinds(session) == [EventKind.REPAIR_RECEIVED]


def test_a_repair_cannot_begin_in_the_middle(session: Session, now: datetime) -> None:
    client = make_told_client(session)
    new = Repair(number="N/1", client_id=client.id, device="Tablet", state=S.IN_REPAIR)
    with pytest.raises(CannotBegin):
        begin_repair(session, new, PANEL, runtime=wiring().ejs(), now=now)


def test_leaving_awaiting_shipment_for_a_later_state_tells_both(session: Session, move: Move) -> None:
    repair = make_repair(session, make_told_client(session), S.AWAITING_SHIPMENT)
    move(repair, S.AWAITING_PARTS)
    assert kinds(session) == [EventKind.REPAIR_DELIVERED, EventKind.AWAITING_PARTS]


def test_what_is_held_back_is_noted_and_the_next_change_is_told_again(
    session: Session, repair: Repair, move: Move
) -> None:
    held = move(repair, S.READY_FOR_PICKUP, Mover(ChangeSource.PANEL, hold_back=True))
    told = move(repair, S.CLOSED)
    assert held.rings == () and len(told.rings) == 1
    assert {each.reason for each in held.fired[0].event.notifications} == {Withheld.HELD_BACK}


def test_there_is_nothing_to_accept_without_an_offer(session: Session, repair: Repair, move: Move) -> None:
    with pytest.raises(NoOpenOffer):
        move(repair, S.AWAITING_ACCEPTANCE)


def test_a_repair_that_is_not_there_cannot_move(session: Session, now: datetime) -> None:
    with pytest.raises(NoSuchRepair):
        move_repair(session, 999, S.CLOSED, PANEL, runtime=wiring().ejs(), now=now)


# --- offers ---


@pytest.fixture
def asked(session: Session, repair: Repair, move: Move) -> CostOffer:
    """The open offer of a repair whose client was asked."""
    offer = give_offer(session, repair, expires_on=date(2026, 12, 31))
    move(repair, S.AWAITING_ACCEPTANCE)
    return offer


def decided(session: Session, offer: CostOffer, now: datetime, *, accepted: bool = True) -> Moved:
    return decide_offer(session, offer.id, accepted=accepted, mover=PANEL, runtime=wiring().ejs(), now=now)


@pytest.mark.parametrize(
    ("accepted", "state", "repair_state"),
    [(True, OfferState.ACCEPTED, S.IN_REPAIR), (False, OfferState.REJECTED, S.READY_FOR_PICKUP)],
)
def test_a_yes_goes_on_and_a_no_gives_it_back(
    session: Session,
    asked: CostOffer,
    now: datetime,
    accepted: bool,
    state: OfferState,
    repair_state: RepairState,
) -> None:
    decided(session, asked, now, accepted=accepted)
    assert (asked.state, asked.decided_at, asked.repair.state) == (state, now, repair_state)


def test_where_it_goes_is_a_setting(session: Session, asked: CostOffer, now: datetime) -> None:
    session.add(Setting(key=AFTER_NO, value=S.READY_TO_SHIP.value))
    decided(session, asked, now, accepted=False)
    assert asked.repair.state is S.READY_TO_SHIP


def test_the_first_answer_stands(session: Session, asked: CostOffer, now: datetime) -> None:
    decided(session, asked, now)
    with pytest.raises(OfferDecided):
        decided(session, asked, now, accepted=False)
    assert asked.state is OfferState.ACCEPTED


@pytest.mark.parametrize(("hour", "late"), [(23, False), (24, True)])
def test_an_offer_is_good_until_the_end_of_its_day_in_poland(
    session: Session, asked: CostOffer, hour: int, late: bool
) -> None:
    moment = datetime(2026, 12, 31, tzinfo=WARSAW) + timedelta(hours=hour)
    if not late:
        decided(session, asked, moment)
        return
    with pytest.raises(OfferExpired):
        decided(session, asked, moment)


def test_only_a_repair_that_awaits_it_takes_an_answer(
    session: Session, asked: CostOffer, move: Move, now: datetime
) -> None:
    move(asked.repair, S.DIAGNOSIS)
    with pytest.raises(NotAwaitingAcceptance):
        decided(session, asked, now)


def test_a_new_version_replaces_the_open_one_and_asks_anew(
    session: Session, asked: CostOffer, now: datetime
) -> None:
    offer, fired = make_offer(
        session, asked.repair_id, OfferTerms(9_990_000), PANEL, runtime=wiring().ejs(), now=now
    )
    assert (offer.version, asked.state) == (2, OfferState.REPLACED)
    assert fired is not None and fired.event.offer_id == offer.id
    with pytest.raises(OfferDecided):
        decided(session, asked, now)


def test_an_offer_made_before_its_time_asks_nobody(session: Session, repair: Repair, now: datetime) -> None:
    _offer, fired = make_offer(session, repair.id, OfferTerms(100), PANEL, runtime=wiring().ejs(), now=now)
    assert fired is None and kinds(session) == []


@pytest.mark.parametrize(
    ("state", "terms", "refusal"),
    [
        (S.CLOSED, OfferTerms(100), NothingToOffer),
        (S.DIAGNOSIS, OfferTerms(100, expires_on=date(2020, 1, 1)), OfferExpiresBefore),
    ],
)
def test_an_offer_makes_sense_or_is_refused(
    session: Session, now: datetime, state: RepairState, terms: OfferTerms, refusal: type[DomainError]
) -> None:
    repair = make_repair(session, make_told_client(session), state)
    with pytest.raises(refusal):
        make_offer(session, repair.id, terms, PANEL, runtime=wiring().ejs(), now=now)
