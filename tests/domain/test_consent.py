"""What a client's consent events amount to."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.consent import Said, deciding

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
events = st.lists(st.tuples(st.booleans(), st.integers(1, 3), st.integers(0, 4)), max_size=8).map(
    lambda facts: [
        Said(granted, version, MONDAY + timedelta(days=day), recorded)
        for recorded, (granted, version, day) in enumerate(facts)
    ]
)


def test_nothing_said_is_nothing_granted() -> None:
    assert deciding([]) is None


def test_a_paper_found_late_does_not_bring_back_a_withdrawn_consent() -> None:
    withdrawn = Said(False, 1, MONDAY, recorded=1)
    signed_before = Said(True, 1, MONDAY - timedelta(days=3), recorded=2)
    assert deciding([withdrawn, signed_before]) == withdrawn


def test_of_two_things_said_at_one_moment_the_later_recorded_counts() -> None:
    first, second = Said(True, 1, MONDAY, recorded=1), Said(False, 1, MONDAY, recorded=2)
    assert deciding([second, first]) == second


@given(events, st.randoms())
def test_the_order_in_which_events_are_read_does_not_matter(said: list[Said], random: object) -> None:
    shuffled = list(said)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert deciding(shuffled) == deciding(said)


@given(events)
def test_deciding_one_by_one_is_deciding_at_once(said: list[Said]) -> None:
    state: Said | None = None
    for event in said:
        state = event if event.supersedes(state) else state
    assert state == deciding(said)
    assert all((state is not None and not event.supersedes(state)) or event == state for event in said)
