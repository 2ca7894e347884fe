"""The life of one delivery."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.delivery import TRANSITIONS, UNFINISHED, Move, Status, back_off, sources, target

FIRST, LONGEST = timedelta(minutes=1), timedelta(hours=1)
FINAL = (Status.SENT, Status.SKIPPED, Status.CANCELLED, Status.RECEIVED)


@given(st.lists(st.sampled_from(Move)))
def test_no_move_is_made_outside_the_table(moves: list[Move]) -> None:
    """What the conditional UPDATEs do: a move whose source does not fit changes nothing."""
    status = Status.QUEUED
    for move in moves:
        before = status
        if status in sources(move):
            status = target(move)
            assert TRANSITIONS[before, move] == status
        else:
            assert (before, move) not in TRANSITIONS


@pytest.mark.parametrize("move", Move)
def test_every_move_has_a_source_and_one_target(move: Move) -> None:
    assert sources(move)
    assert isinstance(target(move), Status)


def test_nothing_leaves_a_final_status() -> None:
    assert not [status for status, _ in TRANSITIONS if status in FINAL]


def test_only_a_claimed_message_can_be_sent_unless_a_person_decides_or_a_gateway_proves_it() -> None:
    to_sent = {(before, move) for (before, move), after in TRANSITIONS.items() if after == Status.SENT}
    assert to_sent == {
        (Status.SENDING, Move.ACCEPT),
        (Status.UNCERTAIN, Move.LATE_ACCEPT),
        (Status.UNCERTAIN, Move.TREAT_AS_SENT),
        (Status.QUEUED, Move.PROVE),
        (Status.UNCERTAIN, Move.PROVE),
        (Status.FAILED, Move.PROVE),
    }


def test_an_uncertain_message_is_never_claimed_by_itself() -> None:
    assert sources(Move.CLAIM) == (Status.QUEUED,)
    assert Status.UNCERTAIN not in UNFINISHED


def test_every_status_of_an_outgoing_message_can_be_reached_and_left_or_is_final() -> None:
    reached = {Status.QUEUED, *TRANSITIONS.values()}
    assert reached == set(Status) - {Status.RECEIVED}
    left = {status for status, _ in TRANSITIONS}
    assert reached - left == set(FINAL) - {Status.RECEIVED}


@pytest.mark.parametrize(
    ("failures", "minutes"), [(0, 0), (1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (8, 60), (10_000, 60)]
)
def test_the_wait_doubles_from_a_minute_to_an_hour(failures: int, minutes: int) -> None:
    assert back_off(failures, first=FIRST, longest=LONGEST) == timedelta(minutes=minutes)


@given(st.integers(1, 10**6))
def test_the_wait_never_shrinks(failures: int) -> None:
    waits = [back_off(number, first=FIRST, longest=LONGEST) for number in (failures, failures + 1)]
    assert waits[0] <= waits[1] <= LONGEST
