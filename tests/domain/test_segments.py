"""SMS parts: the manual's table, and packing that nobody can better."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.segments import Encoding, TooManyParts, check_parts, segment, split

PLAIN = (160, 306, 459, 612, 765, 918, 1071, 1224, 1377)
POLISH = (70, 134, 201, 268, 335, 402, 469, 536, 603)
EXTENSION = "\f^{}\\[~]|€"
texts = st.text(st.sampled_from("aąż€[]😀 \n") | st.characters(codec="utf-8"), max_size=700)


@pytest.mark.parametrize(("letter", "table"), [("a", PLAIN), ("ą", POLISH)])
def test_the_manuals_table_holds_to_the_character(letter: str, table: tuple[int, ...]) -> None:
    for parts, longest in enumerate(table, 1):
        assert segment(letter * longest).parts == parts
        assert segment(letter * (longest + 1)).parts == parts + 1
    assert segment(letter).parts == 1


@pytest.mark.parametrize("letter", "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ")
def test_every_polish_letter_forces_the_dear_alphabet(letter: str) -> None:
    found = segment(f"a{letter}b{letter}")
    assert (found.encoding, found.expensive) == (Encoding.UCS2, (letter,))


def test_a_plain_text_names_nothing_dear() -> None:
    assert segment("Dzien dobry, 100% @ò") == segment("x" * 20)


def test_what_costs_double_is_named_once_in_the_order_of_the_text() -> None:
    found = segment("100 € [VAT] € ~")
    assert (found.encoding, found.units, found.expensive) == (Encoding.GSM7, 20, ("€", "[", "]", "~"))


def test_a_pair_at_the_end_of_a_part_moves_to_the_next_one_whole() -> None:
    assert split("a" * 152 + "€" + "b" * 20) == ["a" * 152, "€" + "b" * 20]
    assert split("ą" + "a" * 65 + "😀" + "b" * 9) == ["ą" + "a" * 65, "😀" + "b" * 9]


def test_an_empty_text_has_no_part() -> None:
    assert (segment("").parts, split("")) == (0, [])


def test_a_text_over_the_limit_is_refused_with_both_numbers() -> None:
    check_parts(segment("a" * 1377))
    with pytest.raises(TooManyParts, match=r"10 SMS parts; at most 9"):
        check_parts(segment("a" * 1378))
    with pytest.raises(TooManyParts):
        check_parts(segment("a" * 161), limit=1)


def width(character: str, encoding: Encoding) -> int:
    double = character in EXTENSION if encoding is Encoding.GSM7 else ord(character) > 0xFFFF
    return 2 if double else 1


def fewest(text: str, encoding: Encoding, room: int) -> int:
    """By trying every place to cut, from the end: the least number of parts."""
    best = [0] * (len(text) + 1)
    for start in range(len(text) - 1, -1, -1):
        units, end, options = 0, start, []
        while end < len(text) and units + width(text[end], encoding) <= room:
            units += width(text[end], encoding)
            end += 1
            options.append(best[end] + 1)
        best[start] = min(options)
    return best[0]


@given(texts)
def test_packing_is_minimal_joins_back_and_splits_no_pair(text: str) -> None:
    found, parts = segment(text), split(text)
    assert "".join(parts) == text and len(parts) == found.parts
    single, joined = (160, 153) if found.encoding is Encoding.GSM7 else (70, 67)
    sizes = [sum(width(character, found.encoding) for character in part) for part in parts]
    assert sum(sizes) == found.units
    if found.units <= single:
        assert found.parts == bool(text)
    else:
        assert max(sizes) <= joined and found.parts == fewest(text, found.encoding, joined)


@given(texts)
def test_units_are_what_the_encodings_say(text: str) -> None:
    found = segment(text)
    if found.encoding is Encoding.UCS2:
        assert found.units == len(text.encode("utf-16-be")) // 2
    else:
        assert found.units == len(text) + len(re.findall(f"[{re.escape(EXTENSION)}]", text))
    assert set(found.expensive) <= set(text) and len(set(found.expensive)) == len(found.expensive)
