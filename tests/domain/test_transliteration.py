"""Plain letters instead of dear ones: shorter bills, the same message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.segments import Encoding, segment
from domain.transliteration import to_gsm


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("Zażółć gęślą jaźń", "Zazolc gesla jazn"),
        ("ZAŻÓŁĆ GĘŚLĄ JAŹŃ", "ZAZOLC GESLA JAZN"),
        ("„Cześć” – powiedział…", '"Czesc" - powiedzial...'),
        ("o\u0301", "o"),
        ("10\u00a0000\u202fzł\t5", "10 000 zl 5"),
        ("a\u200bb\ufeffc\u00add", "abcd"),
        ("€ i ò zostają", "€ i ò zostaja"),
    ],
)
def test_polish_letters_and_typography_become_plain(typed: str, plain: str) -> None:
    assert to_gsm(typed) == plain
    assert segment(plain).encoding is Encoding.GSM7


def test_what_has_no_plain_form_stays_to_be_named() -> None:
    assert segment(to_gsm("Łąka 🌿 жук")).expensive == ("🌿", "ж", "у", "к")


@given(
    st.text(st.sampled_from("aąćęłńóśźżĄĆĘŁŃÓŚŹŻ …–„”\u00a0") | st.characters(codec="utf-8"), max_size=200)
)
def test_it_never_costs_more_and_a_second_time_changes_nothing(text: str) -> None:
    plain = to_gsm(text)
    assert to_gsm(plain) == plain
    if segment(text).encoding is Encoding.UCS2 and segment(plain).encoding is Encoding.GSM7:
        assert segment(plain).parts <= segment(text).parts + len(text) // 70
