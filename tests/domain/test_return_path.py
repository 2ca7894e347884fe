"""A return path and the address of answers name their message, and nobody can make one up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.return_path import (
    answer_address,
    message_of_answer_address,
    message_of_return_path,
    return_path,
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
