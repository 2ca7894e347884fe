import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.colours import BLACK, READABLE, WHITE, contrast, ink_on, is_colour

colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def test_black_on_white_is_the_strongest_contrast() -> None:
    assert contrast(BLACK, WHITE) == contrast(WHITE, BLACK) == pytest.approx(21)
    assert contrast("#767676", WHITE) == pytest.approx(4.54, abs=0.005)  # the grey that WCAG's guides name


@given(colours, colours)
def test_a_contrast_is_the_same_both_ways(first: str, second: str) -> None:
    assert 1 <= contrast(first, second) == contrast(second, first) <= 21.01


@given(colours)
def test_there_is_readable_ink_for_any_ground(ground: str) -> None:
    assert contrast(ink_on(ground), ground) >= READABLE


@pytest.mark.parametrize("text", ["", "#FFF", "#fff", "red", "#12345g", "#1234567", "#123456\n", "#ABCDEF"])
def test_only_six_small_digits_are_a_colour(text: str) -> None:
    assert not is_colour(text) and is_colour("#0f5c5c")
