"""The life of a repair: which moves there are, and what each tells the client."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import EventKind
from domain.repairs import (
    FIRST_STATES,
    TRANSITIONS,
    CannotBegin,
    IllegalMove,
    RepairState,
    check_move,
    events_of_move,
)

S, E = RepairState, EventKind
STATES = st.sampled_from(RepairState)
LATER = {
    S.AWAITING_ACCEPTANCE: E.COST_ACCEPTANCE,
    S.AWAITING_PARTS: E.AWAITING_PARTS,
    S.READY_FOR_PICKUP: E.REPAIR_READY,
    S.READY_TO_SHIP: E.REPAIR_READY,
    S.CLOSED: E.REPAIR_CLOSED,
}


@pytest.mark.parametrize("state", RepairState)
def test_a_repair_begins_as_awaiting_shipment_or_received_and_as_nothing_else(state: RepairState) -> None:
    if state in FIRST_STATES:
        check_move(None, state)
    else:
        with pytest.raises(CannotBegin):
            check_move(None, state)


@pytest.mark.parametrize(("state", "wanted"), list(product(RepairState, repeat=2)))
def test_every_move_is_in_the_table_or_refused(state: RepairState, wanted: RepairState) -> None:
    if wanted in TRANSITIONS[state]:
        check_move(state, wanted)
        return
    with pytest.raises(IllegalMove) as refusal:
        check_move(state, wanted)
    assert refusal.value.parameters == {"state": state, "wanted": wanted}


def test_nothing_goes_back_to_awaiting_shipment_and_nothing_stays_where_it_is() -> None:
    for state, wanted in TRANSITIONS.items():
        assert S.AWAITING_SHIPMENT not in wanted and state not in wanted
        assert len(set(wanted)) == len(wanted)


def test_only_a_complaint_opens_what_is_closed() -> None:
    assert TRANSITIONS[S.CLOSED] == (S.RECEIVED,)


def test_a_repair_created_as_received_is_told_so_and_one_that_is_awaited_is_not() -> None:
    assert events_of_move(None, S.RECEIVED) == (E.REPAIR_RECEIVED,)
    assert events_of_move(None, S.AWAITING_SHIPMENT) == ()


@given(wanted=st.sampled_from(TRANSITIONS[S.AWAITING_SHIPMENT]))
def test_what_leaves_awaiting_shipment_is_delivered_and_never_also_received(wanted: RepairState) -> None:
    told = events_of_move(S.AWAITING_SHIPMENT, wanted)
    later = (LATER[wanted],) if wanted in LATER else ()
    assert told == (E.REPAIR_DELIVERED, *later)


@given(state=STATES.filter(lambda state: state is not S.AWAITING_SHIPMENT), wanted=STATES)
def test_every_other_move_tells_of_the_state_entered_alone(state: RepairState, wanted: RepairState) -> None:
    told = events_of_move(state, wanted)
    if wanted is S.RECEIVED:
        assert told == (E.REPAIR_RECEIVED,)
    else:
        assert told == ((LATER[wanted],) if wanted in LATER else ())
