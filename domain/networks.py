"""Networks that a caller may call from, as a person lists them."""

from ipaddress import ip_network

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
