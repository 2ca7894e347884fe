"""The SMSAPI stand-in's addresses: the panel's JSON and the pages of phones."""

import hmac
import json
import re
import secrets
from collections.abc import Callable
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox.phones_callbacks import DELIVERED, UNDELIVERED, Callbacks
from sandbox.phones_exchange import PRICE, Exchange, Refusal, Rule, Text, Trouble, number_of
from sandbox.phones_rendering import as_json, phone_page, phones_page, version

LARGEST_REQUEST = 64 * 1024
_SHELL = Template(Path(__file__).with_name("phones.html").read_text("utf-8"))
_HTML = "text/html; charset=utf-8"
_TEXT = "text/plain; charset=utf-8"
_JSON = "application/json; charset=utf-8"
_NOWHERE = b"Nie ma takiej strony."


class Handler(BaseHTTPRequestHandler):
    """One connection; a subclass says what it serves."""

    exchange: Exchange
    callbacks: Callbacks
    token: str
    after_taking: Callable[[Text], None]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer goes out in one piece
    timeout = 60

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent: stdout is for the ready line, and addresses name telephones."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query))
        match [part for part in url.path.split("/") if part]:
            case []:
                self._page("Telefony", phones_page(self.exchange.texts()))
            case ["open"]:
                self._open(query.get("number", ""))
            case ["phones", number] if re.fullmatch("[0-9]{8,15}", number):
                takes = bool(self.callbacks.mo_url)
                self._page(number, phone_page(number, self.exchange.texts(number), takes_answers=takes))
            case ["api", "texts"]:
                self._json([as_json(text) for text in self.exchange.texts()])
            case ["user.do"]:
                if self._may_pass():
                    self._json({"username": "goniec", "points": 100.0})
            case ["api", "state"]:
                self._json({"version": version(self.exchange.texts())})
            case _:
                self._send(HTTPStatus.NOT_FOUND, _TEXT, _NOWHERE)

    def do_POST(self) -> None:
        parts = [part for part in urlsplit(self.path).path.split("/") if part]
        if parts == ["sms.do"] and self.exchange.trouble_unread():
            self.close_connection = True
            return
        body = self._body()
        if body is None:
            self.close_connection = True
            self._send(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _TEXT, b"")
            return
        match parts:
            case ["sms.do"]:
                self._sms(_sms_form(body))
            case ["phones", number, "answer"]:
                self._answer(number, _form(body).get("text", ""))
            case ["texts", text_id, "report"] if text := self.exchange.get(text_id):
                self._report(text, _form(body).get("status", ""))
            case ["api", "misbehave"]:
                self._misbehave(_form(body))
            case ["api", "behave"]:
                self.exchange.behave()
                self._json({"ok": True})
            case _:
                self._send(HTTPStatus.NOT_FOUND, _TEXT, _NOWHERE)

    # --- what the panel asks ---

    def _sms(self, form: dict[str, str]) -> None:
        if not self._may_pass():
            return
        trouble = self.exchange.trouble(form.get("to", "").removeprefix("+"))
        match trouble:
            case Trouble.DROP_BEFORE:
                self.close_connection = True
            case Trouble.BUSY:
                self._send(HTTPStatus.SERVICE_UNAVAILABLE, _HTML, b"<h1>503 Service Unavailable</h1>")
            case Trouble.REFUSE:
                self._error(Refusal(13, "Brak prawidłowych numerów telefonów."))
            case Trouble.NO_CREDITS:
                self._error(Refusal(103, "Brak punktów dla tego użytkownika."))
            case _:
                self._take(form, trouble)

    def _take(self, form: dict[str, str], trouble: Trouble | None) -> None:
        try:
            text = self.exchange.take(form)
        except Refusal as refusal:
            self._error(refusal)
            return
        self.after_taking(text)
        if trouble is Trouble.DROP_AFTER:
            self.close_connection = True
            return
        if trouble is Trouble.HANG:
            self.exchange.wait_for_release()
        entry = {
            "id": text.id,
            "points": round(PRICE * text.parts, 4),
            "number": text.number,
            "date_sent": int(text.at.timestamp()),
            "submitted_number": form.get("to", ""),
            "status": "QUEUE",
            "error": None,
            "idx": text.idx or None,
            "parts": text.parts,
        }
        answer: dict[str, Any] = {"count": 1, "list": [entry]}
        if form.get("details") == "1":
            answer |= {"message": text.text, "length": len(text.text), "parts": text.parts}
        self._json(answer)

    def _may_pass(self) -> bool:
        """Whether the token is right; the answer is given when it is not."""
        given = self.headers.get("Authorization", "").encode("utf-8", "replace")
        if hmac.compare_digest(given, f"Bearer {self.token}".encode()):
            return True
        self._error(Refusal(101, "Niepoprawne lub brak danych autoryzacji."))
        return False

    def _error(self, refusal: Refusal) -> None:
        """As SMSAPI does it: HTTP 200, and the code in the body."""
        self._json({"error": refusal.code, "message": str(refusal), "invalid_numbers": []})

    # --- what a person does with a phone ---

    def _open(self, number: str) -> None:
        try:
            self._redirect(f"/phones/{number_of(number)}")
        except Refusal:
            self._send(HTTPStatus.BAD_REQUEST, _TEXT, "To nie jest numer telefonu komórkowego.".encode())

    def _answer(self, number: str, text: str) -> None:
        if not self.callbacks.mo_url:
            self._send(HTTPStatus.CONFLICT, _TEXT, "Odpowiedzi są wyłączone.".encode())
            return
        try:
            received = self.exchange.receive(number, text)
        except Refusal as refusal:
            self._send(HTTPStatus.BAD_REQUEST, _TEXT, str(refusal).encode())
            return
        self.callbacks.forward(received)
        self._redirect(f"/phones/{received.number}")

    def _report(self, text: Text, status: str) -> None:
        if status not in (str(DELIVERED), str(UNDELIVERED)) or text.incoming:
            self._send(HTTPStatus.BAD_REQUEST, _TEXT, b"Nie ma takiego przycisku.")
            return
        text.status = int(status)
        self.callbacks.report(text, int(status))
        self._redirect(f"/phones/{text.number}")

    def _misbehave(self, form: dict[str, str]) -> None:
        try:
            rule = Rule(
                Trouble(form.get("trouble", "")),
                form.get("number", "").removeprefix("+"),
                int(form["times"]) if form.get("times") else None,
                int(form.get("skip") or 0),
            )
        except ValueError:
            self._send(HTTPStatus.BAD_REQUEST, _TEXT, b"")
            return
        self.exchange.misbehave(rule)
        self._json({"ok": True})

    # --- HTTP ---

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdigit()) or int(length[:9]) > LARGEST_REQUEST:
            return None
        return self.rfile.read(int(length[:9]))

    def _page(self, title: str, body: str) -> None:
        nonce = secrets.token_urlsafe(16)
        count = version(self.exchange.texts())
        html = _SHELL.substitute(title=escape(title), body=body, nonce=nonce, count=count)
        policy = (
            f"default-src 'self'; img-src data:; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}';"
            " base-uri 'none'; frame-ancestors 'none'"
        )
        self._send(HTTPStatus.OK, _HTML, html.encode("utf-8", "replace"), policy=policy)

    def _json(self, value: object) -> None:
        self._send(HTTPStatus.OK, _JSON, json.dumps(value).encode())

    def _redirect(self, location: str) -> None:
        self._send(HTTPStatus.SEE_OTHER, _TEXT, b"", location=location)

    def _send(
        self, status: HTTPStatus, kind: str, content: bytes, *, policy: str = "", location: str = ""
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        if policy:
            self.send_header("Content-Security-Policy", policy)
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(content)


def _form(body: bytes, encoding: str = "utf-8") -> dict[str, str]:
    return dict(parse_qsl(body.decode("ascii", "replace"), encoding=encoding, errors="replace"))


def _sms_form(body: bytes) -> dict[str, str]:
    """SMSAPI reads Windows-1250 unless it is told UTF-8."""
    form = _form(body)
    return form if form.get("encoding", "").lower() == "utf-8" else _form(body, "cp1250")
