"""A stand-in for a browser maker's push service on a real socket, and for the browsers behind it: for tests.

Written from RFC 8030 (the request), RFC 8188 and 8291 (the encrypted body) and RFC 8292 (VAPID), with none of
the code that we send with. What it leaves out: receipts, and messages that wait for a browser that is off.
"""

import json
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.server import ThreadingHTTPServer
from itertools import count
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sandbox.http_answers import AnsweringHandler

HOST = "127.0.0.1"
LONGEST_BODY = 4096
"""RFC 8030, 7.2: what every push service takes."""
LONGEST_TOKEN = timedelta(hours=24)
LONGEST_TOPIC = 32
HALF = 32
_numbers = count(1)


class NotAPush(ValueError):
    """The request is not what the RFCs ask for; the text says where."""


def base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def unbase64url(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Subscription:
    """A browser's, with the private key that only the browser knows. ``answer``: what the service says next,
    a status and headers; then it takes everything.
    """

    endpoint: str
    auth: bytes
    private_key: ec.EllipticCurvePrivateKey
    answers: list[tuple[HTTPStatus, dict[str, str]]] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def keys(self) -> dict[str, str]:
        """As PushSubscription.toJSON() gives them."""
        point = self.private_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"p256dh": base64url(point), "auth": base64url(self.auth)}

    def open(self, body: bytes) -> bytes:
        """The text of an encrypted body of one record (RFC 8188, 2.1; RFC 8291, 3.4)."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        if len(sealed) > size:
            raise NotAPush("more than one record")
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        shared = self.private_key.exchange(ec.ECDH(), public)
        info = b"WebPush: info\0" + unbase64url(self.keys["p256dh"]) + sender
        secret = _derived(shared, self.auth, info, 32)
        key = _derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
        padded = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0")
        if padded[-1:] != b"\x02":
            raise NotAPush("the last record is not marked as that")
        return padded[:-1]


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def check_vapid(authorization: str, audience: str, key: str, now: datetime) -> dict[str, Any]:
    """The claims of ``vapid t=…,k=…``, signed with that very key (RFC 8292, 2 and 3). Raises NotAPush."""
    scheme, _space, rest = authorization.partition(" ")
    given = dict(part.strip().split("=", 1) for part in rest.split(","))
    if scheme != "vapid" or given.get("k") != key:
        raise NotAPush("not the key that the browser subscribed with")
    header, claims, signature = given["t"].split(".")
    if json.loads(unbase64url(header)) != {"typ": "JWT", "alg": "ES256"}:
        raise NotAPush("not ES256")
    raw = unbase64url(signature)
    whole = encode_dss_signature(int.from_bytes(raw[:HALF], "big"), int.from_bytes(raw[HALF:], "big"))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unbase64url(key))
    public.verify(whole, f"{header}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    told: dict[str, Any] = json.loads(unbase64url(claims))
    if told["aud"] != audience or not str(told["sub"]).startswith(("mailto:", "https:")):
        raise NotAPush("made for another service, or by nobody")
    if not now < datetime.fromtimestamp(told["exp"], UTC) <= now + LONGEST_TOKEN:
        raise NotAPush("expired, or valid for more than a day")
    return told


class SandboxPushService:
    """Serves inside a ``with`` block. ``key`` is the public key that browsers subscribe with; ``clock`` what
    time it is for the tokens.
    """

    def __init__(self, key: str) -> None:
        self.key = key
        self.now = datetime.now(UTC)
        self.subscriptions: dict[str, Subscription] = {}
        self.refused: list[str] = []
        self._server = ThreadingHTTPServer((HOST, 0), type("Serving", (_Handler,), {"service": self}))
        self._server.daemon_threads = True
        self.url = f"http://{HOST}:{self._server.server_port}"

    def subscribe(self) -> Subscription:
        """A browser's subscription, as the browser would get it."""
        path = f"/push/{next(_numbers)}-{base64url(bytes(range(24)))}"
        key = ec.generate_private_key(ec.SECP256R1())
        self.subscriptions[path] = Subscription(f"{self.url}{path}", bytes(range(16)), key)
        return self.subscriptions[path]

    def take(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[HTTPStatus, dict[str, str]]:
        """What the service answers."""
        subscription = self.subscriptions.get(path)
        if subscription is None:
            return HTTPStatus.NOT_FOUND, {}
        try:
            check_vapid(headers.get("Authorization", ""), self.url, self.key, self.now)
            _check_headers(headers, body)
            told = json.loads(subscription.open(body))
        except (NotAPush, InvalidSignature, InvalidTag, ValueError, KeyError) as error:
            self.refused.append(f"{type(error).__name__}: {error}")
            return HTTPStatus.BAD_REQUEST, {}
        subscription.headers.append(dict(headers))
        if subscription.answers:
            return subscription.answers.pop(0)
        subscription.told.append(told)
        return HTTPStatus.CREATED, {"Location": f"{self.url}/message/1"}

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def _check_headers(headers: Mapping[str, str], body: bytes) -> None:
    if not headers.get("TTL", "").isdecimal() or headers.get("Content-Encoding") != "aes128gcm":
        raise NotAPush("no TTL, or another encoding")
    if len(headers.get("Topic", "")) > LONGEST_TOPIC or len(body) > LONGEST_BODY:
        raise NotAPush("too long")


class _Handler(AnsweringHandler):
    service: SandboxPushService

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        path = urlsplit(self.path).path
        status, headers = self.service.take(path, dict(self.headers), body)
        self.answer(status, "text/plain", b"", headers)
