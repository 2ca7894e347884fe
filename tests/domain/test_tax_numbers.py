"""Which ten digits are a NIP."""

import pytest

from domain.tax_numbers import is_nip


@pytest.mark.parametrize("nip", ["5260250274", "1234563218", "1060000062"])
def test_a_tax_office_s_number_with_its_check_digit_is_a_nip(nip: str) -> None:
    assert is_nip(nip)


@pytest.mark.parametrize(
    "text",
    [
        "0000000000",
        "5260250275",
        "1234567890",
        "526025027",
        "526-025-02-74",
        "5260250274\n",
        "５２６０２５０２７４",
        "",
    ],
)
def test_anything_else_is_none(text: str) -> None:
    assert not is_nip(text)
