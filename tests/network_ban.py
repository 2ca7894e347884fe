"""What keeps every test on this machine."""

import ipaddress
import socket
from typing import Any


class NetworkForbidden(Exception):
    """A test reached for another machine."""


attempts: list[str] = []
"""Since the test began, also where the code under test swallowed the error."""


def _stays_here(host: object) -> bool:
    if host in (None, "", "localhost", socket.gethostname()):
        return True
    try:
        address = ipaddress.ip_address(host.decode() if isinstance(host, bytes) else str(host))
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def refuse_the_network(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook. Raises NetworkForbidden."""
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) and arguments[0].family != socket.AF_UNIX else None
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if not _stays_here(host):
        attempts.append(f"{event} {host}")
        raise NetworkForbidden(f"tests may talk to this machine only, not to {host!r} ({event})")
