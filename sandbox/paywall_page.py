"""The PayU stand-in's addresses: the merchant's JSON and the payer's page, in Polish for the demo."""

import json
import secrets
from html import escape
from http import HTTPStatus
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import parse_qsl

from sandbox.http_answers import POLICY, AnsweringHandler
from sandbox.paywall_orders import Action, Order, Refusal, Till
from sandbox.paywall_tokens import Tokens

LARGEST_REQUEST = 64 * 1024
_SHELL = Template(Path(__file__).with_name("paywall.html").read_text("utf-8"))
_HTML = "text/html; charset=utf-8"
_TEXT = "text/plain; charset=utf-8"
_JSON = "application/json;charset=UTF-8"
_BUTTONS = (
    (Action.PAY, "main", "Zapłać", ""),
    (Action.REFUSE, "", "Odmów", ""),
    (Action.ABANDON, "", "Porzuć", "Sklep nie dostanie żadnej wiadomości."),
    (Action.TWICE, "", "Zapłać dwa razy", "Sklep dostanie tę samą wiadomość dwukrotnie."),
)
_STATES = {"COMPLETED": "Ta płatność jest opłacona.", "CANCELED": "Ta płatność została odrzucona."}


class Handler(AnsweringHandler):
    """One connection; a subclass says what it serves."""

    till: Till
    tokens: Tokens
    disable_nagle_algorithm = True
    timeout = 30

    def do_GET(self) -> None:
        match self._parts():
            case ["api", "v2_1", "orders", order_id] if self._may_pass():
                self._tell(order_id)
            case ["pay", order_id] if order := self.till.get(order_id):
                self._page(order)
            case ["api", *_]:
                self._status(HTTPStatus.UNAUTHORIZED, "UNAUTHORIZED")
            case _:
                self.answer(HTTPStatus.NOT_FOUND, _TEXT, "Nie ma takiej płatności.".encode())

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            self.close_connection = True
            self.answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _TEXT, b"")
            return
        match self._parts():
            case ["pl", "standard", "user", "oauth", "authorize"]:
                self._authorize(_form(body))
            case ["api", "v2_1", "orders"] if self._may_pass():
                self._order(body)
            case ["pay", order_id] if self.till.get(order_id):
                self._choose(order_id, _form(body).get("action", ""))
            case ["api", *_]:
                self._status(HTTPStatus.UNAUTHORIZED, "UNAUTHORIZED")
            case _:
                self.answer(HTTPStatus.NOT_FOUND, _TEXT, "Nie ma takiej płatności.".encode())

    def _authorize(self, form: dict[str, str]) -> None:
        granted = self.tokens.grant(form)
        if granted is None:
            self._json(HTTPStatus.UNAUTHORIZED, {"error": "invalid_client"})
        else:
            self._json(HTTPStatus.OK, granted)

    def _order(self, body: bytes) -> None:
        try:
            fields = json.loads(body)
        except (ValueError, RecursionError):
            fields = None
        if not isinstance(fields, dict):
            self._status(HTTPStatus.BAD_REQUEST, "ERROR_SYNTAX")
            return
        try:
            order = self.till.add(fields)
        except Refusal as refusal:
            self._status(HTTPStatus.BAD_REQUEST, str(refusal))
            return
        host, port = self.connection.getsockname()
        page = f"http://{host}:{port}/pay/{order.id}"
        answer = {"status": {"statusCode": "SUCCESS"}, "redirectUri": page, "orderId": order.id}
        if "extOrderId" in fields:
            answer["extOrderId"] = fields["extOrderId"]
        self._json(HTTPStatus.FOUND, answer, location=page)

    def _tell(self, order_id: str) -> None:
        order = self.till.get(order_id)
        if self.headers.get("Content-Length", "0") != "0":  # PayU refuses a GET with a body
            self.close_connection = True
            self._status(HTTPStatus.FORBIDDEN, "FORBIDDEN")
        elif order is None:
            self._status(HTTPStatus.NOT_FOUND, "DATA_NOT_FOUND")
        else:
            self._json(HTTPStatus.OK, {"orders": [order.as_json()], "status": {"statusCode": "SUCCESS"}})

    def _choose(self, order_id: str, action: str) -> None:
        if action not in set(Action):
            self.answer(HTTPStatus.BAD_REQUEST, _TEXT, b"Nie ma takiego przycisku.")
            return
        order = self.till.act(order_id, Action(action))
        self.answer(HTTPStatus.SEE_OTHER, _TEXT, b"", {"Location": order.continue_url or f"/pay/{order.id}"})

    def _page(self, order: Order) -> None:
        nonce = secrets.token_urlsafe(16)
        html = _SHELL.substitute(title=escape(order.amount), nonce=nonce, body=_body(order))
        # No form-action: browsers hold it against the redirect back to the shop too.
        policy = (
            f"default-src 'none'; img-src data:; style-src 'nonce-{nonce}';"
            " base-uri 'none'; frame-ancestors 'none'"
        )
        self.answer(HTTPStatus.OK, _HTML, html.encode("utf-8", "replace"), {POLICY: policy})

    def _parts(self) -> list[str]:
        return [part for part in self.path.partition("?")[0].split("/") if part]

    def _may_pass(self) -> bool:
        return self.tokens.know(self.headers.get("Authorization", ""))

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdigit()) or int(length[:9]) > LARGEST_REQUEST:
            return None
        return self.rfile.read(int(length[:9]))

    def _status(self, status: HTTPStatus, code: str) -> None:
        self._json(status, {"status": {"statusCode": code}})

    def _json(self, status: HTTPStatus, value: dict[str, Any], location: str = "") -> None:
        self.answer(status, _JSON, json.dumps(value).encode(), {"Location": location})


def _form(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode("utf-8", "replace")))


def _body(order: Order) -> str:
    own = order.fields.get("extOrderId", "")
    head = (
        f"<h1>{escape(order.fields['description'])}</h1>"
        f'<p class="amount">{escape(order.amount)}</p>'
        f"<dl><dt>Zamówienie</dt><dd>{escape(order.id)}</dd><dt>Numer sklepu</dt><dd>{escape(own)}</dd></dl>"
    )
    state = f'<p class="state">{escape(_STATES[order.status])}</p>' if order.status in _STATES else ""
    if not order.finished:
        return f'{head}{state}<form method="post">{"".join(map(_button, _BUTTONS))}</form>'
    back = order.continue_url
    return head + state + (f'<a class="button" href="{escape(back)}">Wróć do sklepu</a>' if back else "")


def _button(row: tuple[Action, str, str, str]) -> str:
    action, kind, label, note = row
    small = f"<small>{escape(note)}</small>" if note else ""
    return f'<button class="{kind}" name="action" value="{action}">{escape(label)}{small}</button>'
