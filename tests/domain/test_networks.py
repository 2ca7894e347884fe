"""Networks as a person lists them."""

import pytest

from domain.networks import NotANetwork, calls_from, is_this_machine, networks_of


def test_a_list_is_kept_in_cidr_form_each_once() -> None:
    typed = "89.174.81.98, 10.1.2.3/8\n2001:db8::/32 89.174.81.98/32"
    assert networks_of(typed) == ("89.174.81.98/32", "10.0.0.0/8", "2001:db8::/32")
    assert networks_of("  ") == ()


@pytest.mark.parametrize("typed", ["smsapi.pl", "1.2.3", "10.0.0.0/33", "1.2.3.4/8;"])
def test_what_is_no_network_is_named(typed: str) -> None:
    with pytest.raises(NotANetwork, match="is no network"):
        networks_of(typed)


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("phones.localhost.", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("10.0.0.1", False),
        ("localhost.example", False),
        ("", False),
    ],
)
def test_a_host_that_never_leaves_this_machine_is_known(host: str, here: bool) -> None:
    assert is_this_machine(host) is here


@pytest.mark.parametrize(
    ("address", "network", "is_within"),
    [
        ("10.0.0.1", "10.0.0.0/8", True),
        ("::ffff:10.0.0.1", "10.0.0.0/8", True),
        ("::ffff:10.0.0.1", "::ffff:0:0/96", True),
        ("::ffff:11.0.0.1", "10.0.0.0/8", False),
        ("::10.0.0.1", "10.0.0.0/8", False),
        ("2001:db8::7", "2001:db8::/32", True),
        ("10.0.0.1", "::/0", False),
        ("", "0.0.0.0/0", False),
        ("10.0.0.1", "10.0.0.0/99", False),
    ],
)
def test_a_caller_is_looked_up_however_its_address_is_written(
    address: str, network: str, is_within: bool
) -> None:
    assert calls_from(address, ["192.0.2.0/24", network]) is is_within
