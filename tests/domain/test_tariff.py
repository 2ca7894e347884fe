"""Which price of the list counts for a number: the narrowest that fits it."""

import pytest

from domain.tariff import Tariff


def operator_of(digits: str) -> str:
    return "Orange" if digits.startswith("4850") else ""


def tariff(*prefixes: str, orange: int | None = None) -> Tariff:
    """Each prefix at its own length, so that a price says which of them counted."""
    operators = {} if orange is None else {"Orange": orange}
    return Tariff({prefix: len(prefix) for prefix in prefixes}, operators, operator_of)


@pytest.mark.parametrize(
    ("prefixes", "orange", "price"),
    [
        (("", "48", "4850", "48501"), 99, 5),
        (("", "48", "4850"), 99, 4),
        (("", "48"), 99, 99),
        (("",), 99, 99),
        ((), 99, 99),
        (("", "48", "4851"), None, 2),
        (("", "49"), None, 0),
        (("49",), None, None),
        (("48501100200", "485011002001"), 99, 11),
    ],
)
def test_a_longer_prefix_then_the_operator_then_the_country_then_every_number(
    prefixes: tuple[str, ...], orange: int | None, price: int | None
) -> None:
    assert tariff(*prefixes, orange=orange).price_of("+48501100200") == price


def test_an_operators_price_is_for_its_numbers_alone() -> None:
    prices = tariff("48", orange=99)
    assert prices.price_of("+48600100200") == 2
    assert prices.price_of("+49170123456") is None
