"""Money never floats: what is typed, stored and taxed adds up to the grosz."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.invoices import IncompleteParty, Party, SameParty, check_parties, invoice_number
from domain.money import NoAmount, NotAnAmount, amount_of, grosze_of, units_of, vat_of_gross, zloty_of
from domain.payments import AmountOutOfRange, PaymentStatus, check_top_up, status_after


@pytest.mark.parametrize(
    ("typed", "grosze"),
    [("100", 10_000), ("49,99", 4_999), ("49.9", 4_990), (" 1 000,50 ", 100_050), ("1\u00a0000", 100_000)],
)
def test_an_amount_is_read_as_people_write_it(typed: str, grosze: int) -> None:
    assert grosze_of(typed) == grosze


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "abc",
        "1e3",
        "1e30",
        "NaN",
        "sNaN",
        "Infinity",
        "-5",
        "+5",
        "1,2,3",
        "0.001",
        "١٠٠",
        "1_000",
        "1_0",
        "9" * 40,
        "9" * 5000,
        ".",
        "0.1" + "0" * 40 + "1",
        "\ud800",
    ],
)
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(NotAnAmount):
        grosze_of(typed)


@pytest.mark.parametrize(
    ("typed", "amount"), [("0,1599", "0.1599"), (" 0.15 ", "0.15"), ("7", "7"), ("0.123456", "0.123456")]
)
def test_a_price_is_read_to_its_last_digit(typed: str, amount: str) -> None:
    assert amount_of(typed) == Decimal(amount)


@pytest.mark.parametrize("typed", ["", "  ", "\u00a0"])
def test_an_amount_that_is_missing_is_asked_for(typed: str) -> None:
    with pytest.raises(NoAmount, match="Enter the amount"):
        grosze_of(typed)


@given(st.text(max_size=20))
def test_no_text_does_worse_than_being_refused(typed: str) -> None:
    with suppress(NotAnAmount):
        assert grosze_of(typed) >= 0


@given(st.integers(-(10**15), 10**15))
def test_units_and_zloty_are_the_same_money(units: int) -> None:
    assert units_of(zloty_of(units)) == units and str(zloty_of(units)).partition(".")[2].__len__() == 4


def test_more_than_four_decimals_are_not_rounded_away() -> None:
    with pytest.raises(ValueError, match="four decimals"):
        units_of(Decimal("0.00001"))


@pytest.mark.parametrize(
    ("gross", "net", "tax"), [(10_000, 8_130, 1_870), (9_999, 8_129, 1_870), (1, 1, 0), (123, 100, 23)]
)
def test_the_tax_is_taken_out_of_the_gross_price(gross: int, net: int, tax: int) -> None:
    found = vat_of_gross(gross, 23)
    assert (found.net, found.tax) == (net, tax)


@given(st.integers(-(10**9), 10**9), st.integers(0, 100))
def test_net_and_tax_always_add_up_and_the_tax_is_within_half_a_grosz(gross: int, rate: int) -> None:
    found = vat_of_gross(gross, rate)
    assert found.net + found.tax == gross
    assert abs(Decimal(found.tax) - Decimal(gross) * rate / (100 + rate)) <= Decimal("0.5")


# --- top-ups and invoices ---


@pytest.mark.parametrize(("grosze", "sold"), [(999, False), (1_000, True), (100_000, True), (100_001, False)])
def test_any_amount_from_ten_to_a_thousand_is_sold(grosze: int, sold: bool) -> None:
    if sold:
        check_top_up(grosze)
    else:
        with pytest.raises(AmountOutOfRange):
            check_top_up(grosze)


news = st.lists(st.sampled_from(PaymentStatus), max_size=12)


@given(news)
def test_paid_is_final_and_only_news_of_a_payment_pays(said: list[PaymentStatus]) -> None:
    status = PaymentStatus.PENDING
    for each in said:
        status = status_after(status, each)
    assert (status is PaymentStatus.PAID) == (PaymentStatus.PAID in said)


@given(news)
def test_news_that_comes_twice_says_nothing_new(said: list[PaymentStatus]) -> None:
    status = PaymentStatus.PENDING
    for each in said:
        status = status_after(status, each)
        assert status_after(status, each) is status


PARTY = Party("A Sp. z o.o.", "1234563218", "ul. B 1", "00-950", "Warszawa")


def test_every_field_that_is_missing_is_named() -> None:
    with pytest.raises(IncompleteParty, match="the seller's name, the buyer's city"):
        check_parties(Party("", "1", "x", "x", "x"), Party("A", "2", "x", "x", " "))


def test_nobody_invoices_themselves() -> None:
    with pytest.raises(SameParty):
        check_parties(PARTY, PARTY)


def test_a_party_survives_its_storage() -> None:
    assert Party.from_json(PARTY.to_json()) == PARTY


def test_a_number_names_series_sequence_and_year() -> None:
    assert invoice_number("FV", 17, 2026) == "FV/17/2026"
