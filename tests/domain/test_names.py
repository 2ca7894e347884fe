"""Names as a search finds them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.names import as_one_line, fold


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("Żółć  Łódź", "zolc lodz"),
        ("ZAŻÓŁĆ GĘŚLĄ JAŹŃ", "zazolc gesla jazn"),
        ("  Anna\tNowak ", "anna nowak"),
        ("Müller-Straße", "muller-strasse"),
        ("Zo\u0301łw", "zolw"),
        ("", ""),
    ],
)
def test_a_name_is_found_without_diacritics_and_case(written: str, found: str) -> None:
    assert fold(written) == found


@given(st.text(alphabet="aąbcćeęlłnńoósśzźżAĄCĆEĘLŁNŃOÓSŚZŹŻ -"))
def test_a_polish_name_folds_to_ascii(name: str) -> None:
    assert fold(name).isascii()
    assert fold(name) == fold(name.upper()) == fold(name.lower())


@pytest.mark.parametrize(
    ("written", "stored"),
    [("Anna\r\nMaria", "Anna Maria"), ("\tAnna\x85", "Anna"), ("Anna  Maria", "Anna  Maria"), ("\n", "")],
)
def test_a_name_is_one_line(written: str, stored: str) -> None:
    assert as_one_line(written) == stored
