"""Networks that a caller may call from, as a person lists them."""

from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address, ip_network

from domain.errors import DomainError


class NotANetwork(DomainError):
    """Parameter: ``text``."""

    message = "“%(text)s” is no network. Write one like 203.0.113.0/24, or an address alone."


def networks_of(text: str) -> tuple[str, ...]:
    """The networks in a list separated by commas or white space, each in CIDR form and once.

    An address alone is a network of one; host bits are dropped. Raises NotANetwork.
    """
    found: dict[str, None] = {}
    for word in text.replace(",", " ").split():
        try:
            found[str(ip_network(word, strict=False))] = None
        except ValueError as error:
            raise NotANetwork(text=word[:60]) from error
    return tuple(found)


def is_this_machine(host: str) -> bool:
    """Whether a host's name or address never leaves this machine (RFC 6761, 6.3; RFC 1122, 3.2.1.3)."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def calls_from(address: str, networks: Iterable[str]) -> bool:
    """Whether an address is in one of the networks; an IPv4 address that came over an IPv6 socket
    (``::ffff:10.0.0.1``, RFC 4291, 2.5.5.2) is in its IPv4 network too. False where one of them is none.
    """
    try:
        caller = ip_address(address)
        known = [ip_network(network, strict=False) for network in networks]
    except ValueError:
        return False
    mapped = caller.ipv4_mapped if isinstance(caller, IPv6Address) else None
    return any(caller in network or (mapped is not None and mapped in network) for network in known)
