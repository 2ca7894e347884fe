"""The mail sink's web page (Polish: it is part of the demo) and its JSON."""

import json
import re
import secrets
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http import HTTPStatus
from http.server import ThreadingHTTPServer
from pathlib import Path
from string import Template
from typing import Protocol
from urllib.parse import parse_qs, quote, urlsplit

from sandbox.http_answers import POLICY, AnsweringHandler
from sandbox.mail_rendering import (
    LIST_PAGE,
    MAIL_SANDBOX,
    as_json,
    attachments_of,
    html_of,
    list_page,
    message_page,
    subject_of,
)
from sandbox.mail_store import CaughtMail, MailStore

_SHELL = Template(Path(__file__).with_name("mail_sink.html").read_text("utf-8"))
_MAIL_POLICY = (
    f"sandbox {MAIL_SANDBOX}; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data: 'self' http://localhost:* http://127.0.0.1:*"  # the sample company's logo
)


class Switch(Protocol):
    """What the page can do about withheld answers."""

    waiting: int

    @property
    def on(self) -> bool: ...
    def release(self) -> None: ...
    def withhold(self) -> None: ...


@contextmanager
def serve_page(store: MailStore, switch: Switch, host: str, port: int) -> Iterator[int]:
    """Serve the page in a thread of its own; gives the port it listens on."""

    class Handler(_Handler):
        mail = store
        withholding = switch

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(AnsweringHandler):
    mail: MailStore
    withholding: Switch

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        match [part for part in url.path.split("/") if part]:
            case []:
                self._list(query)
            case ["api", "messages"]:
                self._json([as_json(mail) for mail in self.mail.messages(query.get("to", ""), limit=1000)])
            case ["api", "state"]:
                self._json(self._state())
            case ["messages", number, *rest] if mail := self.mail.get(_number(number)):
                self._message(mail, rest)
            case _:
                self.answer(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", b"Nie ma takiej strony.")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        match urlsplit(self.path).path:
            case "/api/release":
                self.withholding.release()
            case "/api/withhold":
                self.withholding.withhold()
            case "/api/clear":
                self.mail.clear()
            case _:
                self.answer(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", b"")
                return
        self._json({"ok": True})

    def _state(self) -> dict[str, object]:
        on, waiting = self.withholding.on, self.withholding.waiting
        return {"messages": self.mail.count(), "withholding": on, "waiting": waiting}

    def _message(self, mail: CaughtMail, rest: list[str]) -> None:
        match rest:
            case []:
                self._page(subject_of(mail), message_page(mail), back=True)
            case ["html"]:
                base = b'<!doctype html><base target="_blank">'
                self.answer(
                    HTTPStatus.OK,
                    "text/html; charset=utf-8",
                    base + html_of(mail).encode("utf-8"),
                    {POLICY: _MAIL_POLICY},
                )
            case ["raw"]:
                self._download(f"wiadomosc-{mail.id}.eml", "message/rfc822", mail.raw)
            case ["parts", number] if _number(number) < len(parts := attachments_of(mail)):
                name, kind, content = parts[_number(number)]
                self._download(name, kind, content)
            case _:
                self.answer(
                    HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", "Nie ma takiej części.".encode()
                )

    def _list(self, query: dict[str, str]) -> None:
        to = query.get("to", "")
        before = _number(query["before"]) if "before" in query else None
        mails = self.mail.messages(to, limit=LIST_PAGE + 1, before=before)
        self._page("Przechwycona poczta", list_page(mails, to, self.mail.count()))

    def _page(self, title: str, body: str, back: bool = False) -> None:
        nonce = secrets.token_urlsafe(16)
        html = _SHELL.substitute(
            title=escape(title),
            body=body,
            nonce=nonce,
            count=self.mail.count(),
            page="message" if back else "list",
        )
        policy_text = (
            f"default-src 'self'; img-src data:; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}';"
            " base-uri 'none'; frame-ancestors 'none'"
        )
        self.answer(HTTPStatus.OK, "text/html; charset=utf-8", html.encode("utf-8"), {POLICY: policy_text})

    def _json(self, value: object) -> None:
        self.answer(HTTPStatus.OK, "application/json", json.dumps(value, ensure_ascii=False).encode("utf-8"))

    def _download(self, name: str, kind: str, content: bytes) -> None:
        encoded = quote(name, safe="", errors="replace")
        headers = {POLICY: "sandbox", "Content-Disposition": f"attachment; filename*=UTF-8''{encoded}"}
        self.answer(HTTPStatus.OK, kind, content, headers)


def _number(text: str) -> int:
    """A row's number from an address; one that no row has when it is none."""
    return int(text) if re.fullmatch("[0-9]{1,18}", text) else sys.maxsize
