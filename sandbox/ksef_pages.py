"""The KSeF stand-in's addresses: the interface's JSON under /v2, and the page a printed code leads to."""

import base64
import hashlib
import json
from html import escape
from http import HTTPStatus
from typing import Any

from sandbox.http_answers import POLICY, AnsweringHandler
from sandbox.ksef_keys import BadSignature, check_log_in
from sandbox.ksef_office import Office, Refusal
from sandbox.ksef_receipt import receipt

LARGEST_REQUEST = 4 * 1024 * 1024
_HTML, _JSON, _XML = "text/html; charset=utf-8", "application/json; charset=utf-8", "application/xml"


class Handler(AnsweringHandler):
    """One connection; a subclass says whose office it is."""

    office: Office
    disable_nagle_algorithm = True
    timeout = 30

    def do_GET(self) -> None:
        self._handle(self._get)

    def do_POST(self) -> None:
        self._handle(self._post)

    def _handle(self, answer: Any) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length[:9]) > LARGEST_REQUEST:
            self.close_connection = True
            self._json(413, {})
            return
        self._body = self.rfile.read(int(length))
        parts = [part for part in self.path.partition("?")[0].split("/") if part]
        if parts[:1] != ["v2"] or not self._goes_wrong(parts):
            try:
                answer(parts)
            except Refusal as refusal:
                self._refuse(refusal)

    def _goes_wrong(self, parts: list[str]) -> bool:
        """Answer as the script says; False when it says nothing of this request."""
        script = self.office.script
        if script.is_down:
            self._json(503, {})
        elif script.too_many > 0:
            script.too_many -= 1
            self._too_many()
        elif script.senseless > 0:
            script.senseless -= 1
            self._json(200, {})
        elif (status := script.refusal_of(self.command, parts)) == HTTPStatus.TOO_MANY_REQUESTS:
            self._too_many()
        elif status:
            self._refuse(Refusal(status, 21405, f"Tak każe scenariusz: {status}"))
        else:
            return False
        return True

    def _too_many(self) -> None:
        status = {"code": 429, "description": "Too Many Requests", "details": ["Przekroczono limit"]}
        self._json(429, {"status": status}, {"Retry-After": str(self.office.script.retry_after)})

    def _get(self, parts: list[str]) -> None:
        match parts:
            case ["v2", "security", "public-key-certificates"]:
                self._json(200, self.office.keys.published)
            case ["v2", "auth", reference]:
                self._json(200, self.office.log_in_status(self._token(), reference))
            case ["v2", "sessions", session, "invoices"]:
                documents = self._admitted().session(session).documents
                self._json(200, {"invoices": [self.office.described(one) for one in documents]})
            case ["v2", "sessions", session, "invoices", "ksef", number, "upo"]:
                self._xml(self._receipt(session, number))
            case ["v2", "sessions", session, "invoices", reference]:
                self._json(200, self._admitted().ask(session, reference))
            case ["v2", "invoices", "ksef", number]:
                self._document(number)
            case ["invoice", nip, day, digest]:
                self._page(self._presented(nip, day, digest))
            case []:
                self._page(self._listed())
            case _:
                self._json(404, {})

    def _post(self, parts: list[str]) -> None:
        office = self.office
        match parts:
            case ["v2", "auth", "challenge"]:
                self._json(200, office.challenge())
            case ["v2", "auth", "xades-signature"]:
                try:
                    challenge, nip = check_log_in(self._body)
                except BadSignature as error:
                    raise Refusal(400, 9105, f"Nieprawidłowa treść podpisu: {error}") from error
                self._json(202, office.begin(challenge, nip, "certificate"))
            case ["v2", "auth", "ksef-token"]:
                self._json(202, office.begin_by_token(self._request()))
            case ["v2", "auth", "token", "redeem"]:
                self._json(200, office.redeem(self._token()))
            case ["v2", "sessions", "online"]:
                self._json(201, self._admitted().open_session(self._request()))
            case ["v2", "sessions", "online", session, "invoices"]:
                self._take(session)
            case ["v2", "sessions", "online", session, "close"]:
                self._admitted().session(session).is_closed = True
                self.answer(HTTPStatus.NO_CONTENT, "", b"")
            case ["script"]:
                office.script.is_down = not office.script.is_down
                self.answer(HTTPStatus.SEE_OTHER, "", b"", {"Location": "/"})
            case _:
                self._json(404, {})

    def _take(self, session: str) -> None:
        taken = self._admitted().take(session, self._request())
        if self.office.script.lost > 0:
            self.office.script.lost -= 1
            self.close_connection = True
            return
        self._json(202, taken)

    def _admitted(self) -> Office:
        self.office.check_pass(self._token())
        return self.office

    def _token(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def _request(self) -> dict[str, Any]:
        try:
            request = json.loads(self._body)
        except (ValueError, RecursionError):
            request = None
        if not isinstance(request, dict):
            raise Refusal(400, 21405, "Błąd walidacji danych wejściowych")
        return request

    def _document(self, number: str) -> None:
        found = self._admitted().accepted.get(number)
        if found is None:
            raise Refusal(400, 21164, "Faktura o podanym identyfikatorze nie istnieje")
        self._xml(found[1].content)

    def _receipt(self, session: str, number: str) -> bytes:
        found = self._admitted().accepted.get(number)
        if found is None or found[0].reference != session:
            raise Refusal(400, 21178, "Nie znaleziono UPO dla podanych kryteriów")
        return receipt(*found)

    def _refuse(self, refusal: Refusal) -> None:
        detail = {"exceptionCode": refusal.code, "exceptionDescription": refusal.text, "details": []}
        self._json(refusal.status, {"exception": {"exceptionDetailList": [detail], "serviceName": "sandbox"}})

    def _presented(self, nip: str, day: str, digest: str) -> str:
        """What somebody who scans a code sees: whether KSeF has this very document."""
        for number, (_session, document) in self.office.accepted.items():
            own = base64.urlsafe_b64encode(hashlib.sha256(document.content).digest()).decode().rstrip("=")
            issued = "-".join(reversed(document.facts["issued"].split("-")))
            if (own, document.facts["seller"], issued) == (digest, nip, day):
                return f"<h1>Faktura jest w KSeF</h1><p>{escape(document.facts['number'])}</p><p>{number}</p>"
        return "<h1>Faktury nie ma w KSeF</h1>"

    def _listed(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(document.facts['number'])}</td><td>{escape(document.facts['gross'])} zł</td>"
            f"<td>{number}</td></tr>"
            for number, (_session, document) in self.office.accepted.items()
        )
        is_down = self.office.script.is_down
        state, button = ("nie działa", "Uruchom") if is_down else ("działa", "Wyłącz")
        return (
            f"<h1>KSeF na niby: {state}</h1><form method=post action=/script><button>{button}</button></form>"
            f"<table><tr><th>Faktura</th><th>Kwota</th><th>Numer KSeF</th></tr>{rows}</table>"
        )

    def _page(self, body: str) -> None:
        html = (
            '<!DOCTYPE html><html lang="pl"><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width"><title>KSeF na niby</title>'
            f"<body>{body}</body></html>"
        )
        policy = "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        self.answer(HTTPStatus.OK, _HTML, html.encode(), {POLICY: policy})

    def _xml(self, content: bytes) -> None:
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        self.answer(HTTPStatus.OK, _XML, content, {"x-ms-meta-hash": digest})

    def _json(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        self.answer(HTTPStatus(status), _JSON, json.dumps(value).encode(), headers)
