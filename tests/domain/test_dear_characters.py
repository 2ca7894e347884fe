"""Each expensive character has one reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.dear_characters import Dear, why_dear
from domain.segments import Encoding, segment
from domain.transliteration import to_gsm


@pytest.mark.parametrize(
    ("characters", "reason"),
    [
        ("ąćęłńóśźżĄĆĘŁŃÓŚŹŻ", Dear.POLISH_LETTER),
        ("„”’–—…•\u00a0\u200b\t", Dear.TYPOGRAPHY),
        ("^{}\\[~]|€\f", Dear.DOUBLE),
        ("🙂Жéō中".replace("é", ""), Dear.FOREIGN),
    ],
)
def test_the_reason_is_the_characters_own(characters: str, reason: Dear) -> None:
    assert {why_dear(character) for character in characters} == {reason}


@given(st.text(max_size=60))
def test_what_stripping_leaves_dear_has_no_plain_form_or_counts_as_two(text: str) -> None:
    left = {why_dear(character) for character in segment(to_gsm(text)).expensive}
    assert left <= {Dear.FOREIGN, Dear.DOUBLE}


@given(st.text(max_size=60))
def test_doubles_are_named_only_where_nothing_is_worse(text: str) -> None:
    counted = segment(text)
    reasons = {why_dear(character) for character in counted.expensive}
    assert reasons <= {Dear.DOUBLE} or counted.encoding is Encoding.UCS2
