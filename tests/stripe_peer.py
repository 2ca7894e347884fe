"""A stand-in for Stripe's API on a real socket: Checkout Sessions made and retrieved, and signed events.

Signatures are made here from docs.stripe.com/webhooks, not by the SDK that checks them. No payer's page:
`pay` and its neighbours are what a payer and a bank do.
"""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from gateways.stripe_checkout import StripeSettings

SECRET_KEY = "sk_test_goniec0123456789"
WEBHOOK_SECRET = "whsec_goniec0123456789"
COMPLETED = "checkout.session.completed"


def signature(body: bytes, secret: str = WEBHOOK_SECRET, at: int | None = None) -> str:
    """The header Stripe-Signature: HMAC-SHA256 of ``time.body``."""
    moment = int(time.time()) if at is None else at
    mac = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256)
    return f"t={moment},v1={mac.hexdigest()},v0={'0' * 64}"


@dataclass
class Stripe:
    """The stand-in's memory: sessions by id, what was asked, and what each idempotency key has made.

    ``broken`` answers everything with 500.
    """

    url: str = ""
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    forms: list[dict[str, str]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    made: dict[str, str] = field(default_factory=dict)
    broken: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def settings(self) -> StripeSettings:
        return StripeSettings(SECRET_KEY, WEBHOOK_SECRET, self.url, timeout_seconds=2)

    def create(self, form: dict[str, str], key: str) -> tuple[int, object]:
        if key in self.made:
            return 200, self.sessions[self.made[key]]
        self.forms.append(form)
        amount = form.get("line_items[0][price_data][unit_amount]", "")
        currency = form.get("line_items[0][price_data][currency]", "")
        methods = [form.get(f"payment_method_types[{place}]") for place in range(3)]
        email = form.get("customer_email", "a@b")
        if not amount.isdecimal() or currency != "pln" or form.get("mode") != "payment" or "@" not in email:
            return 400, _error("invalid_request_error", f"Invalid email address: {email}")
        name = f"cs_test_{len(self.sessions):03d}{hashlib.sha256(key.encode()).hexdigest()[:40]}"
        self.made[key] = name
        self.sessions[name] = {
            "id": name,
            "object": "checkout.session",
            "mode": "payment",
            "amount_subtotal": int(amount),
            "amount_total": int(amount),
            "currency": currency,
            "client_reference_id": form.get("client_reference_id"),
            "metadata": {"goniec_payment": form.get("metadata[goniec_payment]")},
            "payment_method_types": methods,
            "payment_intent": None,
            "payment_status": "unpaid",
            "status": "open",
            "url": f"https://checkout.stripe.com/c/pay/{name}#fid%3D",
            "livemode": False,
        }
        return 200, self.sessions[name]

    def retrieve(self, name: str, expand: bool) -> tuple[int, object]:
        session = self.sessions.get(name)
        if session is None:
            return 404, _error("invalid_request_error", f"No such checkout session: {name}")
        if expand and session["payment_intent"]:
            failed = session["status"] == "complete" and session.get("failed")
            status = "requires_payment_method" if failed else "processing"
            return 200, session | {
                "payment_intent": {
                    "id": session["payment_intent"],
                    "object": "payment_intent",
                    "status": "succeeded" if session["payment_status"] == "paid" else status,
                }
            }
        return 200, session

    # --- what a payer and a bank do ---

    def pay(self, name: str) -> None:
        self.sessions[name] |= {"status": "complete", "payment_status": "paid", "payment_intent": "pi_1"}

    def pay_later(self, name: str) -> None:
        self.sessions[name] |= {"status": "complete", "payment_intent": "pi_1"}

    def fail(self, name: str) -> None:
        self.pay_later(name)
        self.sessions[name] |= {"failed": True}

    def expire(self, name: str) -> None:
        self.sessions[name] |= {"status": "expired"}

    def event(self, name: str, kind: str = COMPLETED, **changed: Any) -> bytes:
        """An event about a session as it stands, with changes to it."""
        session = {key: value for key, value in self.sessions[name].items() if key != "failed"} | changed
        event = {
            "id": "evt_1",
            "object": "event",
            "api_version": "2026-01-28",
            "created": int(time.time()),
            "data": {"object": session},
            "livemode": False,
            "type": kind,
        }
        return json.dumps(event, indent=2).encode()


def _error(kind: str, message: str) -> object:
    return {"error": {"type": kind, "message": message}}


def _handler(service: Stripe) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, format: str, *args: object) -> None:
            pass

        def _answer(self, status: int, document: object) -> None:
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Request-Id", "req_1")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            place = urlsplit(self.path)
            service.calls.append(f"{self.command} {place.path}")
            if service.broken:
                self._answer(500, _error("api_error", "Something went wrong"))
                return
            if self.headers.get("Authorization") != f"Bearer {SECRET_KEY}":
                self._answer(401, _error("invalid_request_error", "Invalid API Key provided: sk_test_***"))
                return
            with service.lock:
                match (self.command, place.path.split("/")):
                    case ("POST", ["", "v1", "checkout", "sessions"]):
                        key = self.headers.get("Idempotency-Key", "")
                        self._answer(*service.create(dict(parse_qsl(body)), key))
                    case ("GET", ["", "v1", "checkout", "sessions", name]):
                        self._answer(*service.retrieve(name, "payment_intent" in place.query))
                    case _:
                        self._answer(404, _error("invalid_request_error", "Unrecognized request URL"))

        do_GET = do_POST = _serve

    return Handler


@contextmanager
def running() -> Iterator[Stripe]:
    """Serve on the loopback interface until the block is left."""
    service = Stripe()
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
