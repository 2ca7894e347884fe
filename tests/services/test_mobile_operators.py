"""The operator of a Polish mobile number, by the numbering plan."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import carrier

from services.mobile_operators import OPERATORS, operator_of


@pytest.mark.parametrize(
    ("number", "operator"),
    [
        ("48501100200", "Orange"),
        ("48601100200", "Plus"),
        ("48602100200", "T-Mobile"),
        ("48790100200", "Play"),
        ("49170123456", ""),
        ("48", ""),
    ],
)
def test_a_number_belongs_to_whom_its_beginning_was_given(number: str, operator: str) -> None:
    assert operator_of(number) == operator


def test_the_four_networks_can_be_chosen() -> None:
    assert {"Orange", "Play", "Plus", "T-Mobile"} <= set(OPERATORS)


@given(st.from_regex(r"[4-8][0-9]{8}", fullmatch=True))
def test_the_answer_is_the_library_s_own(national: str) -> None:
    number = phonenumbers.parse(f"+48{national}")
    if phonenumbers.number_type(number) is phonenumbers.PhoneNumberType.MOBILE:
        assert operator_of(f"48{national}") == carrier.name_for_number(number, "en")
