"""Networks that a caller may call from, as a person lists them."""

from ipaddress import ip_address, ip_network

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
