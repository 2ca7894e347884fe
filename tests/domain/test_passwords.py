"""What a password has to be."""

import pytest

from domain.passwords import LONGEST, PasswordTooWeak, check_password


@pytest.mark.parametrize(
    "password", ["", "short", "elevenchars", "x" * (LONGEST + 1), "Anna.Nowak@firma.example"]
)
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(PasswordTooWeak):
        check_password(password, "anna.nowak@firma.example")


def test_a_sentence_is_a_password() -> None:
    check_password("trzy koty śpią", "anna.nowak@firma.example")
