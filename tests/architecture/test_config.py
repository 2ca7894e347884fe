"""Settings that cannot work are refused at the start, by name."""

import pytest

from config import InvalidSetting, Settings


@pytest.mark.parametrize(
    "address",
    [
        "https://żółw.pl",
        "https://x.pl/a b",
        "goniec.pl",
        "ftp://x.pl",
        "https://",
        "https://x.pl:99999",
        "https://x\u2028.pl",
    ],
)
def test_an_address_that_no_header_can_carry_is_refused(address: str) -> None:
    with pytest.raises(InvalidSetting, match="BASE_URL must be an address"):
        Settings.from_environment({"BASE_URL": address})


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://goniec.firma.pl/", "https://goniec.firma.pl"),
        ("http://10.0.0.7:5000", "http://10.0.0.7:5000"),
        ("https://xn--w-uga1v8h.pl/goniec", "https://xn--w-uga1v8h.pl/goniec"),
        ("", "http://localhost:5000"),
    ],
)
def test_a_usable_address_loses_only_its_last_slash(given: str, kept: str) -> None:
    assert Settings.from_environment({"BASE_URL": given}).base_url == kept
