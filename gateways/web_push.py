"""Web Push: one encrypted notice handed to a browser maker's push service.

RFC 8030 (the request), RFC 8188 and 8291 (its body), RFC 8292 (VAPID: who we are). To hand a notice over
twice does no harm: it has a topic, so the second one replaces the first, and an unknown outcome is tried
again like a failure.
"""

import http.client
import socket
import ssl
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from threading import Timer
from urllib.parse import urlsplit

import http_ece
import urllib3
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02
from urllib3.connection import HTTPConnection, HTTPSConnection

from domain.push import (
    AUTH_BYTES,
    HTTPS,
    KEY_BYTES,
    TIME_TO_LIVE,
    NotAPushAddress,
    check_endpoint,
    is_public,
    key_of,
)

TOKEN_LIFE = timedelta(hours=12)
"""Of a VAPID token; push services refuse one that is valid for more than 24 hours (RFC 8292, 2)."""
MOST_DIGITS = 9
_OK, _REDIRECTS, _GONE = 200, 300, (404, 410)
_TOO_MANY, _SERVER_FAULT = 429, 500


class Fate(StrEnum):
    """``GONE``: the browser is no longer subscribed. ``LATER``: try again. ``REFUSED``: no use trying."""

    TAKEN = "taken"
    GONE = "gone"
    LATER = "later"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Push:
    """``p256dh`` and ``auth`` are the browser's keys in base64url; ``topic`` replaces what waits under it."""

    endpoint: str
    p256dh: str
    auth: str
    content: bytes = field(repr=False)
    topic: str


@dataclass(frozen=True, slots=True)
class Pushed:
    """``after``: how long the service asked to be left alone. ``why``: a status or an error, no address."""

    fate: Fate
    why: str = ""
    after: timedelta | None = None


def addresses_of(host: str, port: int) -> Sequence[str]:
    """What a name leads to. Raises OSError."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class WebPush:
    """``private_key`` is the installation's, 32 bytes; ``contact`` a mailto: or https: address for the push
    service's people (RFC 8292, 2.1). ``sandbox_url``: see `domain.push.check_endpoint`. ``timeout_seconds``
    applies to each single wait, twice of it to the answer as a whole.
    """

    def __init__(
        self,
        private_key: bytes,
        contact: str,
        *,
        sandbox_url: str = "",
        timeout_seconds: float = 10.0,
        resolve: Callable[[str, int], Sequence[str]] = addresses_of,
    ) -> None:
        self._vapid = Vapid02(
            ec.derive_private_key(int.from_bytes(private_key, "big"), ec.SECP256R1()),
            conf={"no-strict": True},  # it takes no address on a host of one label for an address
        )
        self._contact = contact
        self._sandbox_url = sandbox_url
        self._timeout = timeout_seconds
        self._resolve = resolve

    @property
    def public_key(self) -> str:
        """What a browser subscribes with (applicationServerKey), base64url without padding."""
        point = self._vapid.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return urlsafe_b64encode(point).rstrip(b"=").decode()

    def check(self, endpoint: str, p256dh: str, auth: str) -> None:
        """Raise NotAPushAddress for a subscription that nothing can be sent to."""
        check_endpoint(endpoint, self._sandbox_url)
        key_of(auth, AUTH_BYTES)
        try:
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key_of(p256dh, KEY_BYTES))
        except (ValueError, UnsupportedAlgorithm) as error:  # no point of the curve
            raise NotAPushAddress from error

    def send(self, push: Push, now: datetime) -> Pushed:
        """Hand it over; nothing is followed. Never raises for what the other side does."""
        try:
            self.check(push.endpoint, push.p256dh, push.auth)
        except NotAPushAddress:
            return Pushed(Fate.REFUSED, "not a push address")
        body = http_ece.encrypt(
            push.content,
            private_key=ec.generate_private_key(ec.SECP256R1()),
            dh=key_of(push.p256dh, KEY_BYTES),
            auth_secret=key_of(push.auth, AUTH_BYTES),
            version="aes128gcm",
        )
        headers = {
            **self._authorization(push.endpoint, now),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(int(TIME_TO_LIVE.total_seconds())),
            "Topic": push.topic,
            "Urgency": "normal",
        }
        try:
            return self._post(push.endpoint, headers, body, now)
        except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            return Pushed(Fate.LATER, type(error).__name__)

    def _authorization(self, endpoint: str, now: datetime) -> dict[str, str]:
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int((now + TOKEN_LIFE).timestamp()),
            "sub": self._contact,
        }
        signed: dict[str, str] = self._vapid.sign(claims)
        return signed

    def _post(self, endpoint: str, headers: dict[str, str], body: bytes, now: datetime) -> Pushed:
        parts = urlsplit(endpoint)
        connection = self._connection(endpoint)
        if connection is None:
            return Pushed(Fate.REFUSED, "not a public address")
        # A wait ends by the socket's timeout, but a byte now and then would renew it for ever.
        deadline = Timer(2 * self._timeout, _break, [connection])
        try:
            connection.connect()
            deadline.start()
            target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
            connection.request("POST", target, body, {"Host": parts.netloc, **headers}, preload_content=False)
            response = connection.getresponse()
            return _read(response.status, response.headers.get("Retry-After", ""), now)
        finally:
            deadline.cancel()
            connection.close()

    def _connection(self, endpoint: str) -> HTTPConnection | None:
        """To an address that was looked at: a name asked twice may lead elsewhere the second time."""
        parts = urlsplit(endpoint)
        host = parts.hostname or ""
        if self._sandbox_url and endpoint.startswith(f"{self._sandbox_url}/"):
            return HTTPConnection(host, parts.port or 80, timeout=self._timeout)
        found = self._resolve(host, HTTPS)
        if not found or not all(is_public(address) for address in found):
            return None
        return HTTPSConnection(
            found[0],
            HTTPS,
            timeout=self._timeout,
            cert_reqs="CERT_REQUIRED",
            ssl_context=ssl.create_default_context(),
            server_hostname=host,
            assert_hostname=host,
        )


def _break(connection: HTTPConnection) -> None:
    try:
        if connection.sock is not None:
            connection.sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it has just been closed


def _read(status: int, retry_after: str, now: datetime) -> Pushed:
    why = str(status)
    if _OK <= status < _REDIRECTS:
        return Pushed(Fate.TAKEN, why)
    if status in _GONE:
        return Pushed(Fate.GONE, why)
    if status == _TOO_MANY or status >= _SERVER_FAULT:
        return Pushed(Fate.LATER, why, _asked(retry_after.strip(), now))
    return Pushed(Fate.REFUSED, why)


def _asked(text: str, now: datetime) -> timedelta | None:
    """Retry-After: seconds, or a date (RFC 9110, 10.2.3); None for anything else."""
    if text.isascii() and text.isdecimal():
        return timedelta(seconds=int(text[:MOST_DIGITS]))
    try:
        moment = parsedate_to_datetime(text)
        return max((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now, timedelta())
    except (ValueError, OverflowError):
        return None
