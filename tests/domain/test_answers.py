"""Tak, nie and STOP: what is understood by itself, and what is left to a person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.answers import Answer, answer_in, is_stop


@pytest.mark.parametrize(
    "text",
    [
        "tak", "TAK", "Tak.", " tak! ", "Tak, proszę", "tak prosze", "TAK PROSZĘ!!", "Dzień dobry, tak",
        "tak tak", "Tak, dziękuję, pozdrawiam", "Tak, akceptuję", "tak zgadzam się", "Witam. Tak :)",
    ],
)  # fmt: skip
def test_a_yes_is_a_yes_however_politely_it_is_said(text: str) -> None:
    assert answer_in(text) is Answer.YES


@pytest.mark.parametrize(
    "text",
    ["nie", "NIE", "Nie.", "nie, dziękuję", "Nie dziekuje", "Nie akceptuję", "nie zgadzam się, pozdrawiam"],
)
def test_a_no_is_a_no(text: str) -> None:
    assert answer_in(text) is Answer.NO


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "tak ale taniej", "ok?", "ok", "tak?", "Tak czy nie", "nie wiem", "tak 300 zł", "tak nie",
        "taak", "tak, jak będzie rabat", "nie tak drogo", "tak, ale nie akceptuję", "nie, akceptuję",
        "akceptuję", "a kiedy?", "TAK 👎", "yes", "T", "tak, proszę oddzwonić", "proszę", "N I E",
    ],
)  # fmt: skip
def test_what_is_not_plainly_one_of_them_is_for_a_person(text: str) -> None:
    assert answer_in(text) is Answer.UNCLEAR


@given(st.text(max_size=200))
def test_nothing_is_understood_without_its_word(text: str) -> None:
    said = answer_in(text)
    letters = text.casefold()
    assert said is not Answer.YES or "tak" in letters
    assert said is not Answer.NO or "nie" in letters


@pytest.mark.parametrize(
    "text",
    [
        "STOP", "stop", " Stop. ", "sToP", "STOP!!!", "\tStop\r\n", "STOP\u00a0", "\u200bSTOP\ufeff",
        "„STOP”", "'stop'", '"Stop"', "(stop)", "*STOP*", "STOP…", "— stop", "ＳＴＯＰ", "REZYGNUJE",
        "rezygnuje", "Rezygnuję", "REZYGNUJĘ!", "rEzYgNuJĘ", "rezygnuje\u0328",
        " «Rezygnuję». ", "Rezygnuję\n\n",
    ],
)  # fmt: skip
def test_a_wish_to_hear_nothing_more_is_the_whole_message(text: str) -> None:
    assert is_stop(text)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "...", "nie stop", "stop reklamom", "rezygnuję z naprawy", "s t o p", "stopa", "stop?",
        "stop stop", "rezygnuję?", "nie rezygnuję", "STOP 1", "non-stop", "auto-stop", "rezygnujemy",
    ],
)  # fmt: skip
def test_anything_more_is_none(text: str) -> None:
    assert not is_stop(text)


@given(
    st.sampled_from(["stop", "rezygnuje", "rezygnuję"]),
    st.lists(st.booleans(), min_size=9, max_size=9),
    st.text(" .,!;:-\t\n\u00a0\"'„”()*", max_size=8),
    st.text(" .,!;:-\t\n\u00a0\"'„”()*", max_size=8),
)
def test_whatever_its_case_and_the_signs_around_it(
    word: str, upper: list[bool], before: str, after: str
) -> None:
    said = "".join(letter.upper() if up else letter for letter, up in zip(word, upper, strict=False))
    assert is_stop(f"{before}{said}{after}")
    assert not is_stop(f"{before}{said} reklamom{after}")
