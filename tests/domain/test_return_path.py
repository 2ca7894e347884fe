"""A return path and the address of answers name their message, and nobody can make one up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.return_path import (
    answer_address,
    message_of_answer_address,
    message_of_return_path,
    return_path,
    takes_tokens,
)

KEY = b"k" * 32
BASE = "zwroty@firma.example"


@given(number=st.integers(min_value=1, max_value=10**17))
def test_a_return_path_leads_back_whatever_case_a_server_gives_it(number: int) -> None:
    path = return_path(BASE, number, KEY)
    assert message_of_return_path([path], KEY) == number
    assert message_of_return_path([f"Zwroty <{path.upper()}>"], KEY) == number
    assert len(path.partition("@")[0]) <= 64


@given(st.lists(st.text(max_size=200), max_size=5))
def test_what_was_not_signed_leads_nowhere(texts: list[str]) -> None:
    assert message_of_return_path(texts, KEY) is None


@pytest.mark.parametrize("other", [b"x" * 32, b""])
def test_another_key_signs_nothing_for_us(other: bytes) -> None:
    assert message_of_return_path([return_path(BASE, 7, other)], KEY) is None


def test_a_signature_is_for_one_message() -> None:
    path = return_path(BASE, 7, KEY).replace("+7-", "+8-")
    assert message_of_return_path([path], KEY) is None


def test_neither_address_is_good_in_the_others_place() -> None:
    answers = answer_address(BASE, 7, KEY)
    assert message_of_answer_address([f"Serwis <{answers.title()}>"], KEY) == 7
    assert message_of_return_path([answers], KEY) is None
    assert message_of_answer_address([return_path(BASE, 7, KEY)], KEY) is None


@pytest.mark.parametrize(
    ("base", "has_room"),
    [
        (BASE, True),
        ("z" * 36 + "@firma.example", True),
        ("z" * 37 + "@firma.example", False),
        ("z@" + "firma." * 37 + "pl", True),
        ("z@" + "firma." * 38 + "pl", False),
    ],
)
def test_an_address_without_room_for_a_number_stays_as_it_is(base: str, has_room: bool) -> None:
    """RFC 5321 4.5.3.1.1: servers need not take more than 64 characters before the @."""
    assert takes_tokens(base) is has_room
    for made in (return_path(base, 10**10 - 1, KEY), answer_address(base, 10**10 - 1, KEY)):
        assert (made != base) is has_room
        assert len(made.partition("@")[0]) <= 64 and len(made) <= 254
