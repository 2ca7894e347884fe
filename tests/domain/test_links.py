"""Signed links for people who have no log-in."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.links import LinkExpired, sign_id, sign_until, verify_id, verify_until

KEY = b"k" * 32
ids = st.integers(1, 2**59)


@given(ids)
def test_a_token_leads_to_its_record(number: int) -> None:
    assert verify_id("unsubscribe", sign_id("unsubscribe", number, KEY), KEY) == number


@given(ids)
def test_a_token_can_stand_in_an_address(number: int) -> None:
    token = sign_id("unsubscribe", number, KEY)
    assert token.replace("-", "").replace("_", "").isalnum()
    assert token.isascii()


@given(ids, ids)
def test_a_token_does_not_fit_another_record_purpose_or_key(number: int, other: int) -> None:
    token = sign_id("unsubscribe", number, KEY)
    assert verify_id("message-id", token, KEY) is None
    assert verify_id("unsubscribe", token, b"x" * 32) is None
    if other != number:
        assert verify_id("unsubscribe", token.replace(f"{number}-", f"{other}-", 1), KEY) is None


@given(st.text())
def test_whatever_else_is_no_token(text: str) -> None:
    assert verify_id("unsubscribe", text, KEY) is None


@given(ids, st.data())
def test_a_changed_character_makes_it_void(number: int, data: st.DataObject) -> None:
    token = sign_id("unsubscribe", number, KEY)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("abcXYZ0189-_ ").filter(lambda one: one != token[place]))
    assert verify_id("unsubscribe", token[:place] + other + token[place + 1 :], KEY) is None


def test_leading_zeros_and_foreign_digits_are_refused() -> None:
    mac = sign_id("unsubscribe", 7, KEY).partition("-")[2]
    for number in ("07", "٧", "+7", " 7", "7 "):
        assert verify_id("unsubscribe", f"{number}-{mac}", KEY) is None


@given(ids, st.dates(date(2020, 1, 1), date(2100, 1, 1)))
def test_a_token_with_a_last_day_works_until_it(number: int, last: date) -> None:
    token = sign_until("consents", number, last, KEY)
    assert verify_until("consents", token, KEY, last) == number
    with pytest.raises(LinkExpired):
        verify_until("consents", token, KEY, last + timedelta(days=1))


@given(ids, st.integers(1, 10_000))
def test_its_last_day_cannot_be_moved(number: int, days: int) -> None:
    last = date(2026, 3, 2)
    day, _, rest = sign_until("consents", number, last, KEY).partition("-")
    for moved in (f"{int(day) + days}-{rest}", f"0{day}-{rest}", rest, f"-{rest}"):
        assert verify_until("consents", moved, KEY, last) is None


@given(st.text())
def test_whatever_else_has_no_last_day(text: str) -> None:
    assert verify_until("consents", text, KEY, date(2026, 3, 2)) is None
