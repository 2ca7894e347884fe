import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.amount_in_words import LIMIT, amount_in_words

_VALUES = {
    word: value
    for words, values in (
        ("zero jeden dwa trzy cztery pięć sześć siedem osiem dziewięć", range(10)),
        ("dziesięć jedenaście dwanaście trzynaście czternaście piętnaście", range(10, 16)),
        ("szesnaście siedemnaście osiemnaście dziewiętnaście", range(16, 20)),
        ("dwadzieścia trzydzieści czterdzieści pięćdziesiąt", range(20, 60, 10)),
        ("sześćdziesiąt siedemdziesiąt osiemdziesiąt dziewięćdziesiąt", range(60, 100, 10)),
        ("sto dwieście trzysta czterysta pięćset", range(100, 600, 100)),
        ("sześćset siedemset osiemset dziewięćset", range(600, 1000, 100)),
    )
    for word, value in zip(words.split(), values, strict=True)
}
_SCALES = {"tysi": 1000, "mili": 1_000_000, "złot": 1}


def read_aloud(text: str) -> int:
    """What a person hearing the words would write down, in grosze."""
    *words, cents = text.split(" ")
    sign = -1 if words[0] == "minus" else 1
    total = group = 0
    for word in words[words[0] == "minus" :]:
        if word[:4] in _SCALES and word not in _VALUES:
            total, group = total + group * _SCALES[word[:4]], 0
        else:
            group += _VALUES[word]
    assert cents.endswith("/100") and len(cents) == 6
    return sign * (total * 100 + int(cents[:2]))


@pytest.mark.parametrize(
    ("grosze", "words"),
    [
        (0, "zero złotych 00/100"),
        (5, "zero złotych 05/100"),
        (100, "jeden złoty 00/100"),
        (250, "dwa złote 50/100"),
        (500, "pięć złotych 00/100"),
        (1_200, "dwanaście złotych 00/100"),
        (2_100, "dwadzieścia jeden złotych 00/100"),
        (2_299, "dwadzieścia dwa złote 99/100"),
        (10_000, "sto złotych 00/100"),
        (11_300, "sto trzynaście złotych 00/100"),
        (12_345, "sto dwadzieścia trzy złote 45/100"),
        (100_000, "jeden tysiąc złotych 00/100"),
        (200_100, "dwa tysiące jeden złotych 00/100"),
        (1_200_000, "dwanaście tysięcy złotych 00/100"),
        (100_000_000, "jeden milion złotych 00/100"),
        (300_000_200, "trzy miliony dwa złote 00/100"),
        (-12_300, "minus sto dwadzieścia trzy złote 00/100"),
        (
            99_999_999_999,
            "dziewięćset dziewięćdziesiąt dziewięć milionów dziewięćset dziewięćdziesiąt dziewięć tysięcy "
            "dziewięćset dziewięćdziesiąt dziewięć złotych 99/100",
        ),
    ],
)
def test_an_amount_reads_as_a_polish_accountant_writes_it(grosze: int, words: str) -> None:
    assert amount_in_words(grosze) == words


@given(st.integers(-LIMIT + 1, LIMIT - 1))
def test_the_words_say_exactly_the_amount(grosze: int) -> None:
    assert read_aloud(amount_in_words(grosze)) == grosze


@given(st.integers(1, LIMIT - 1))
def test_a_negative_amount_is_minus_the_positive_one(grosze: int) -> None:
    assert amount_in_words(-grosze) == f"minus {amount_in_words(grosze)}"


@pytest.mark.parametrize("grosze", [LIMIT, -LIMIT])
def test_an_amount_beyond_the_words_is_refused(grosze: int) -> None:
    with pytest.raises(ValueError):
        amount_in_words(grosze)
