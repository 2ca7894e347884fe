"""Two spellings of one mailbox, and the digest a block is keyed by."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.addresses import address_digest, normalise_email


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna@Poczta.PL", "anna@poczta.pl"),
        (" anna@poczta.pl ", "anna@poczta.pl"),
        ("anna@poczta.pl.", "anna@poczta.pl"),
        ("anna@ŁÓDŹ.example", "anna@" + "łódź.example".encode("idna").decode()),
        ("żo\u0301łw@poczta.pl", "żółw@poczta.pl"),
    ],
)
def test_two_spellings_of_one_mailbox_are_one(one: str, other: str) -> None:
    assert normalise_email(one) == normalise_email(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("anna.nowak@poczta.pl", "annanowak@poczta.pl"),
        ("anna+gazeta@poczta.pl", "anna@poczta.pl"),
        ("anna@poczta.pl", "anna@poczta.com"),
    ],
)
def test_dots_and_plus_tags_are_the_providers_business(one: str, other: str) -> None:
    assert normalise_email(one) != normalise_email(other)


@given(st.text())
def test_normalising_twice_changes_nothing_more_and_never_fails(text: str) -> None:
    once = normalise_email(f"{text}@Poczta.Example")
    assert normalise_email(once) == once


@given(st.text())
def test_whatever_was_typed_has_an_identity(text: str) -> None:
    assert re.fullmatch("[0-9a-f]{64}", address_digest(normalise_email(text), b"k" * 32))


def test_a_digest_depends_on_the_key() -> None:
    assert address_digest("a@b.example", b"1" * 32) != address_digest("a@b.example", b"2" * 32)
