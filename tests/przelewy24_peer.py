"""A stand-in for Przelewy24 (REST API 1.0) on a real socket: registration, verification, status by session.

Signs are made here from the protocol's description, by hand, so that a mistake of the gateway's does not hide
behind the same mistake here. No payer's page: `pay` is what a payer does.
"""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from gateways.przelewy24 import Przelewy24Settings

MERCHANT, POS = 12_345, 12_346
API_KEY = "goniec-test-api-key"
CRC = "a1b2c3d4e5f60718"
STATUSES = ("no payment", "advance payment", "payment made", "payment returned")
_REQUIRED = (
    *("merchantId", "posId", "sessionId", "amount", "currency", "description", "email", "country"),
    *("language", "urlReturn", "sign"),
)


def digest(text: str) -> str:
    return hashlib.sha384(text.encode()).hexdigest()


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def notification_sign(news: dict[str, Any], crc: str = CRC) -> str:
    """The sign as the documentation spells it out, letter by letter."""
    return digest(
        f'{{"merchantId":{news["merchantId"]},"posId":{news["posId"]},"sessionId":{quoted(news["sessionId"])},'
        f'"amount":{news["amount"]},"originAmount":{news["originAmount"]},'
        f'"currency":{quoted(news["currency"])},"orderId":{news["orderId"]},"methodId":{news["methodId"]},'
        f'"statement":{quoted(news["statement"])},"crc":{quoted(crc)}}}'
    )


@dataclass
class Sale:
    """A registered transaction; ``status`` as the documentation numbers it."""

    fields: dict[str, Any]
    order: int
    status: int = 0
    verified: int = 0


@dataclass
class Przelewy24:
    """The stand-in's memory. ``mute``: a verification is answered 503; ``verifies_once``: a second one is
    refused.
    """

    url: str = ""
    sales: dict[str, Sale] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    mute: bool = False
    verifies_once: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def settings(self) -> Przelewy24Settings:
        return Przelewy24Settings(
            self.url, MERCHANT, POS, API_KEY, CRC, fallback_email="biuro@operator.example", timeout_seconds=2
        )

    def pay(self, session: str) -> None:
        self.sales[session].status = max(self.sales[session].status, 1)

    def notification(self, session: str, crc: str = CRC, **changed: Any) -> bytes:
        """What Przelewy24 posts once somebody has paid, signed."""
        sale = self.sales[session]
        news = {
            "merchantId": MERCHANT,
            "posId": POS,
            "sessionId": session,
            "amount": sale.fields["amount"],
            "originAmount": sale.fields["amount"],
            "currency": sale.fields["currency"],
            "orderId": sale.order,
            "methodId": 154,
            "statement": "p24-A12-B34-ż/C",
        } | changed
        return json.dumps(news | {"sign": notification_sign(news, crc)}, ensure_ascii=False).encode()

    # --- what its three addresses do ---

    def register(self, fields: dict[str, Any]) -> tuple[int, object]:
        missing = [name for name in _REQUIRED if not fields.get(name)]
        if missing:
            return 400, {"error": f"Incorrect {missing[0]}", "code": 400}
        signed = (
            f'{{"sessionId":{quoted(fields["sessionId"])},"merchantId":{fields["merchantId"]},'
            f'"amount":{fields["amount"]},"currency":{quoted(fields["currency"])},"crc":{quoted(CRC)}}}'
        )
        usable = (
            (fields["merchantId"], fields["posId"]) == (MERCHANT, POS)
            and type(fields["amount"]) is int
            and fields["sign"] == digest(signed)
            and len(fields["email"]) <= 50
            and "@" in fields["email"]
            and fields["sessionId"] not in self.sales
        )
        if not usable:
            return 400, {"error": "Incorrect input data", "code": 400}
        self.sales[fields["sessionId"]] = Sale(fields, 300_000_000_000 + len(self.sales))
        token = digest(fields["sessionId"])[:34].upper()
        return 200, {"data": {"token": f"{token[:10]}-{token[10:]}"}, "responseCode": 0}

    def verify(self, fields: dict[str, Any]) -> tuple[int, object]:
        if self.mute:
            return 503, {"error": "Unavailable", "code": 503}
        sale = self.sales.get(fields.get("sessionId", ""))
        signed = (
            f'{{"sessionId":{quoted(fields["sessionId"])},"orderId":{fields["orderId"]},'
            f'"amount":{fields["amount"]},"currency":{quoted(fields["currency"])},"crc":{quoted(CRC)}}}'
        )
        if (
            sale is None
            or fields["sign"] != digest(signed)
            or (fields["merchantId"], fields["posId"]) != (MERCHANT, POS)
            or (fields["orderId"], fields["amount"], fields["currency"])
            != (sale.order, sale.fields["amount"], sale.fields["currency"])
            or sale.status not in (1, 2)
            or (sale.verified and self.verifies_once)
        ):
            return 400, {"error": "Incorrect verification", "code": 400}
        sale.status, sale.verified = 2, sale.verified + 1
        return 200, {"data": {"status": "success"}, "responseCode": 0}

    def by_session(self, session: str) -> tuple[int, object]:
        sale = self.sales.get(session)
        if sale is None:
            return 404, {"error": "Transaction not found", "code": 404}
        data = {
            "statement": "p24-A12-B34",
            "orderId": sale.order if sale.status else 0,
            "sessionId": session,
            "status": sale.status,
            "amount": sale.fields["amount"],
            "currency": sale.fields["currency"],
            "clientEmail": sale.fields["email"],
            "paymentMethod": 154,
            "dateOfTransaction": "202603021000" if sale.status else "",
        }
        return 200, {"data": data, "responseCode": 0}


def _handler(service: Przelewy24) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, format: str, *args: object) -> None:
            pass

        def _answer(self, status: int, document: object) -> None:
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            login = base64.b64encode(f"{POS}:{API_KEY}".encode()).decode()
            service.calls.append(f"{self.command} {self.path}")
            if not hmac.compare_digest(self.headers.get("Authorization", ""), f"Basic {login}"):
                self._answer(401, {"error": "Incorrect authentication", "code": 401})
                return
            with service.lock:
                match (self.command, self.path.split("/")):
                    case ("POST", ["", "api", "v1", "transaction", "register"]):
                        self._answer(*service.register(json.loads(body)))
                    case ("PUT", ["", "api", "v1", "transaction", "verify"]):
                        self._answer(*service.verify(json.loads(body)))
                    case ("GET", ["", "api", "v1", "transaction", "by", "sessionId", session]):
                        self._answer(*service.by_session(session))
                    case _:
                        self._answer(404, {"error": "Not found", "code": 404})

        do_GET = do_POST = do_PUT = _serve

    return Handler


@contextmanager
def running() -> Iterator[Przelewy24]:
    """Serve on the loopback interface until the block is left."""
    service = Przelewy24()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(service))
    server.daemon_threads = True
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
