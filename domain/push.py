"""Web Push: what a browser may ask to be told at, what it is told, and when it is tried again.

RFC 8030 (push services), RFC 8291 (keys). The endpoint comes from a browser, so it is no more trusted than
anything else a person types: whoever may log in could otherwise make us call machines of our own network.
"""

import json
import re
from base64 import urlsafe_b64decode
from binascii import Error
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from domain.errors import DomainError

LONGEST_ENDPOINT = 800
HTTPS = 443
KEY_BYTES, AUTH_BYTES = 65, 16
TIME_TO_LIVE = timedelta(hours=4)
"""How long a push service keeps what a browser that is off is told (RFC 8030, 5.2)."""
FIRST_PAUSE, GIVE_UP = timedelta(seconds=30), timedelta(hours=1)
TITLES = {"pl": "Nowa wiadomość", "en": "New message"}
_KEY = re.compile(r"[A-Za-z0-9_-]{1,120}={0,2}")
_NAT64 = IPv6Network("64:ff9b::/96")
_LOCAL = ("localhost", "local", "internal")
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("Chrom", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


class NotAPushAddress(DomainError):
    message = "The browser gave an address or keys that no push service has. Nothing was switched on."


def check_endpoint(endpoint: str, sandbox_url: str = "") -> None:
    """Raise NotAPushAddress for what is no https address of a public machine on the usual port.

    ``sandbox_url`` begins the addresses of a stand-in on this machine, which is let through. A name may still
    lead to a private address: whoever connects asks `is_public` of what it was resolved to.
    """
    if not endpoint.isascii() or not endpoint.isprintable() or len(endpoint) > LONGEST_ENDPOINT:
        raise NotAPushAddress
    if sandbox_url and endpoint.startswith(f"{sandbox_url}/"):
        return
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", HTTPS if parts.port is None else parts.port
    except ValueError as error:
        raise NotAPushAddress from error
    if parts.scheme != "https" or port != HTTPS or parts.username is not None or parts.password is not None:
        raise NotAPushAddress
    if set(endpoint) & set(' "<>\\^`{|}') or not _may_be_public(host):
        raise NotAPushAddress


def _may_be_public(host: str) -> bool:
    try:
        return is_public(str(ip_address(host)))
    except ValueError:
        last = host.rpartition(".")[2]  # a number would make it an IPv4 address: 127.1, 0x7f.1
        return "." in host and last.replace("-", "").isalnum() and last[0].isalpha() and last not in _LOCAL


def is_public(address: str) -> bool:
    """Whether an IP address is a public one, and so is the IPv4 address that it stands for, if it stands for
    one (RFC 6052, 3056, 4380). Raises ValueError for what is none.
    """
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address) and ip in _NAT64:
        return _is_public(IPv4Address(int(ip) & 0xFFFFFFFF))
    return _is_public(ip) and all(_is_public(inner) for inner in _inside(ip))


def _is_public(ip: IPv4Address | IPv6Address) -> bool:
    # Site-local addresses (RFC 3879) are deprecated, and still in use inside networks.
    is_inside = isinstance(ip, IPv6Address) and ip.is_site_local
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not is_inside


def _inside(ip: IPv4Address | IPv6Address) -> list[IPv4Address]:
    if isinstance(ip, IPv4Address):
        return []
    return [each for each in (ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())) if each is not None]


def key_of(text: str, length: int) -> bytes:
    """A key in base64url, with or without its padding. Raises NotAPushAddress unless it has that length."""
    if not _KEY.fullmatch(text):  # the decoder would pass over whatever else stands there
        raise NotAPushAddress
    try:
        key = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (Error, ValueError) as error:
        raise NotAPushAddress from error
    if len(key) != length or (length == KEY_BYTES and key[0] != 4):  # noqa: PLR2004 - X9.62: not compressed
        raise NotAPushAddress
    return key


def news(conversation_id: int, language: str | None) -> bytes:
    """What a browser is told (static/js/push-worker.js): that there is a message, and where in the panel.
    Nothing of the message, and nothing of whom it is from.
    """
    told = {
        "title": TITLES.get(language or "", TITLES["pl"]),
        "url": f"conversation/details/?id={conversation_id}",
        "tag": topic_of(conversation_id),
    }
    return json.dumps(told, ensure_ascii=False).encode()


def topic_of(conversation_id: int) -> str:
    """News of one conversation replace one another, at the push service too (RFC 8030, 5.4)."""
    return f"conversation-{conversation_id}"


def next_try(created: datetime, failures: int, now: datetime, asked: timedelta | None) -> datetime | None:
    """When to try again after so many failures, not before the service ``asked``; None: no more."""
    pause = max(FIRST_PAUSE * 2 ** min(failures - 1, 10), asked or timedelta())
    return now + pause if pause <= GIVE_UP and now + pause <= created + GIVE_UP else None


def device_name(user_agent: str) -> str:
    """A browser and its system as people call them, "" for one that nobody knows."""
    found = [
        next((name for sign, name in signs if sign in user_agent), "") for signs in (_BROWSERS, _SYSTEMS)
    ]
    return ", ".join(name for name in found if name)
