"""What the KSeF stand-in keeps and checks: passes, sessions, documents, numbers and receipts.

Written from the Ministry's description (CIRFMF/ksef-docs: uwierzytelnianie.md, sesja-interaktywna.md,
faktury/weryfikacja-faktury.md, faktury/upo) and not by the gateway's code, so that a mistake in one does not
hide behind the same mistake in the other. What it rests on besides is listed in docs/ksef.md.
"""

import secrets
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.ksef_checks import Fault, check_facts, checked, decoded, facts_of, ksef_number
from sandbox.ksef_keys import Keys
from sandbox.ksef_script import Script

PASS_SECONDS = 900
SESSION_SECONDS = 12 * 3600
_KEY_BYTES, _IV_BYTES = 32, 16
_TEXTS = {
    100: "Faktura przyjęta do dalszego przetwarzania",
    150: "Trwa przetwarzanie",
    200: "Sukces",
    410: "Nieprawidłowy zakres uprawnień",
    430: "Błąd weryfikacji pliku faktury",
    435: "Błąd odszyfrowania pliku",
    440: "Duplikat faktury",
    450: "Błąd weryfikacji semantyki dokumentu faktury",
    550: "Operacja została anulowana przez system",
}


class Refusal(Exception):
    """A request that is answered with a status of HTTP and a problem; the text says which."""

    def __init__(self, status: int, code: int, text: str) -> None:
        super().__init__(text)
        self.status, self.code, self.text = status, code, text


@dataclass
class Document:
    """One document of a session. ``asked`` counts how often somebody asked what became of it."""

    reference: str
    ordinal: int
    digest: str
    offline: bool
    came_at: datetime
    code: int = 200
    details: list[str] = field(default_factory=list)
    content: bytes = b""
    facts: dict[str, str] = field(default_factory=dict)
    number: str = ""
    original: tuple[str, str] = ("", "")
    asked: int = 0


@dataclass
class Session:
    reference: str
    nip: str
    key: bytes
    iv: bytes
    documents: list[Document] = field(default_factory=list)
    is_closed: bool = False


class Office:
    """Everything behind the stand-in's addresses. Methods raise Refusal."""

    def __init__(self, nip: str, token: str) -> None:
        self.nip, self._token = nip, token
        self.keys = Keys()
        self.script = Script()
        self.sessions: dict[str, Session] = {}
        self.accepted: dict[str, tuple[Session, Document]] = {}
        self.log_ins: list[str] = []
        self._challenges: dict[str, int] = {}
        self._begun: dict[str, str] = {}
        self._passes: dict[str, datetime] = {}
        self._lock = threading.RLock()

    # --- logging in ---

    def challenge(self) -> dict[str, Any]:
        now = datetime.now(UTC)
        name = f"{now:%Y%m%d}-CR-{secrets.token_hex(5).upper()}-{secrets.token_hex(5).upper()}-{_two()}"
        self._challenges[name] = int(now.timestamp() * 1000)
        stamp = {"timestamp": now.isoformat(), "timestampMs": self._challenges[name]}
        return {"challenge": name, "clientIp": "127.0.0.1", **stamp}

    def begin(self, challenge: str, nip: str, how: str) -> dict[str, Any]:
        """Take in a log-in whose signature or token has been found right."""
        if self._challenges.pop(challenge, None) is None:
            raise Refusal(400, 21111, "Nieprawidłowe wyzwanie autoryzacyjne")
        if nip != self.nip:
            raise Refusal(400, 415, "Uwierzytelnianie zakończone niepowodzeniem: brak uprawnień")
        reference, temporary = _reference("AU"), secrets.token_urlsafe(24)
        self._begun[temporary] = reference
        self.log_ins.append(how)
        return {"referenceNumber": reference, "authenticationToken": _pass(temporary, 600)}

    def begin_by_token(self, request: dict[str, Any]) -> dict[str, Any]:
        challenge = str(request.get("challenge"))
        plain = self.keys.opened(str(request.get("encryptedToken", "")))
        expected = f"{self._token}|{self._challenges.get(challenge)}".encode()
        if plain is None or not secrets.compare_digest(plain, expected):
            raise Refusal(400, 450, "Uwierzytelnianie zakończone niepowodzeniem: błędny token")
        identifier = request.get("contextIdentifier") or {}
        return self.begin(challenge, str(identifier.get("value")), "token")

    def log_in_status(self, temporary: str, reference: str) -> dict[str, Any]:
        if self._begun.get(temporary) != reference:
            raise Refusal(401, 401, "Unauthorized")
        return {
            "startDate": datetime.now(UTC).isoformat(),
            "authenticationMethod": "InternalCertificate",
            "authenticationMethodInfo": {"category": "Other", "code": "sandbox", "displayName": "Sandbox"},
            "status": {"code": 200, "description": "Uwierzytelnianie zakończone sukcesem"},
        }

    def redeem(self, temporary: str) -> dict[str, Any]:
        if self._begun.pop(temporary, None) is None:
            raise Refusal(401, 401, "Unauthorized")
        token = secrets.token_urlsafe(24)
        self._passes[token] = datetime.now(UTC) + timedelta(seconds=PASS_SECONDS)
        return {
            "accessToken": _pass(token, PASS_SECONDS),
            "refreshToken": _pass(secrets.token_urlsafe(24), 3600),
        }

    def check_pass(self, token: str) -> None:
        if self._passes.get(token, datetime.min.replace(tzinfo=UTC)) <= datetime.now(UTC):
            raise Refusal(401, 401, "Unauthorized")

    def forget_passes(self) -> None:
        """Every pass given so far is good no more."""
        self._passes.clear()

    # --- sending ---

    def open_session(self, request: dict[str, Any]) -> dict[str, Any]:
        form = request.get("formCode") or {}
        if (form.get("systemCode"), form.get("schemaVersion"), form.get("value")) != ("FA (3)", "1-0E", "FA"):
            raise Refusal(400, 21405, "Nieobsługiwany kod formularza")
        encryption = request.get("encryption") or {}
        key = self.keys.opened(str(encryption.get("encryptedSymmetricKey", "")))
        iv = decoded(str(encryption.get("initializationVector", "")))
        if key is None or len(key) != _KEY_BYTES or len(iv) != _IV_BYTES:
            raise Refusal(400, 415, "Błąd odszyfrowania dostarczonego klucza")
        session = Session(_reference("SO"), self.nip, key, iv)
        self.sessions[session.reference] = session
        ends = datetime.now(UTC) + timedelta(seconds=SESSION_SECONDS)
        return {"referenceNumber": session.reference, "validUntil": ends.isoformat()}

    def session(self, reference: str) -> Session:
        if reference not in self.sessions:
            raise Refusal(400, 21173, "Brak sesji o podanym numerze referencyjnym")
        return self.sessions[reference]

    def take(self, reference: str, request: dict[str, Any]) -> dict[str, Any]:
        """Take a document in; what it is worth is found at once and told when somebody asks."""
        session = self.session(reference)
        if session.is_closed:
            raise Refusal(400, 21180, "Status sesji uniemożliwia wykonanie operacji")
        for name in ("invoiceHash", "invoiceSize", "encryptedInvoiceHash", "encryptedInvoiceSize"):
            if name not in request:
                raise Refusal(400, 21405, f"Brak pola {name}")
        with self._lock:
            document = Document(
                reference=_reference("EE"),
                ordinal=len(session.documents) + 1,
                digest=str(request["invoiceHash"]),
                offline=bool(request.get("offlineMode")),
                came_at=datetime.now(UTC),
            )
            session.documents.append(document)
            self._judge(session, document, request)
            session.is_closed = self.script.ends_session(len(session.documents))
        return {"referenceNumber": document.reference}

    def _judge(self, session: Session, document: Document, request: dict[str, Any]) -> None:
        document.code, document.details = self._verdict(session, document, request)
        if self.script.verdicts:
            document.code, document.details = self.script.verdicts.popleft(), ["Tak każe scenariusz"]
        if document.code == 200:  # noqa: PLR2004 - KSeF's own word for success
            document.number = ksef_number(document.facts["seller"], document.came_at)
            self.accepted[document.number] = (session, document)

    def _verdict(
        self, session: Session, document: Document, request: dict[str, Any]
    ) -> tuple[int, list[str]]:
        try:
            content = checked(request, session.key, session.iv)
            document.content, document.facts = content, facts_of(content)
            check_facts(document.facts, session.nip, document.came_at)
        except Fault as fault:
            return fault.code, [fault.detail]
        return self._unless_duplicate(document)

    def _unless_duplicate(self, document: Document) -> tuple[int, list[str]]:
        for number, (session, other) in self.accepted.items():
            if all(other.facts[name] == document.facts[name] for name in ("seller", "kind", "number")):
                document.original = (number, session.reference)
                return 440, [f"Duplikat faktury. Faktura o numerze KSeF: {number} została już przesłana"]
        return 200, []

    # --- asking ---

    def document(self, session: str, reference: str) -> Document:
        for one in self.session(session).documents:
            if one.reference == reference:
                return one
        raise Refusal(400, 21175, "Brak faktury o podanym numerze referencyjnym")

    def ask(self, session: str, reference: str) -> dict[str, Any]:
        """What became of a document, in the interface's words; at first it is being worked on."""
        document = self.document(session, reference)
        document.asked += 1
        return self.described(document, patient=True)

    def described(self, document: Document, *, patient: bool = False) -> dict[str, Any]:
        code = document.code
        if patient and document.asked <= self.script.delay:
            code = 100 if document.asked == 1 else 150
        status: dict[str, Any] = {"code": code, "description": _TEXTS.get(code, "Nieznany błąd")}
        if code == document.code and document.details:
            status["details"] = document.details
        if code == 440 and document.original[0]:  # noqa: PLR2004
            status["extensions"] = {
                "originalKsefNumber": document.original[0],
                "originalSessionReferenceNumber": document.original[1],
            }
        said = {
            "ordinalNumber": document.ordinal,
            "referenceNumber": document.reference,
            "invoiceHash": document.digest,
            "invoicingDate": document.came_at.isoformat(),
            "invoicingMode": "Offline" if document.offline else "Online",
            "status": status,
        }
        return said | ({"ksefNumber": document.number} if code == 200 else {})  # noqa: PLR2004


def _pass(token: str, seconds: int) -> dict[str, str]:
    return {"token": token, "validUntil": (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()}


def _reference(kind: str) -> str:
    return (
        f"{datetime.now(UTC):%Y%m%d}-{kind}-{secrets.token_hex(5).upper()}-"
        f"{secrets.token_hex(5).upper()}-{_two()}"
    )


def _two() -> str:
    return secrets.token_hex(1).upper()
