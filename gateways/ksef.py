"""Invoices into KSeF (API 2.0): a session with a key of its own, a document, what became of it, its receipt.

The calls, the encryption and the models are ksef-client's. Ours are the log-in's signature and what each
failure means: nothing raised here leaves it open whether a document may have been taken.

Sources: CIRFMF/ksef-docs (sesja-interaktywna.md, faktury/weryfikacja-faktury.md, faktury/sesja-sprawdzenie-
stanu-i-pobranie-upo.md) and the interface's open-api.json, as ksef-client's models have it.
"""

import base64
import hashlib
import ssl
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from typing import TypeVar

import httpx
from ksef_client import KsefClient, KsefClientOptions
from ksef_client.exceptions import KsefHttpError
from ksef_client.models import FormCode, OpenOnlineSessionRequest, SessionInvoiceStatusResponse
from ksef_client.services.crypto import EncryptionData, build_encryption_data, build_send_invoice_request
from ksef_client.utils.ksef_number import is_valid_ksef_number

from domain.ksef import DocumentStatus, KsefFailure, KsefLost, KsefRefused, KsefUnavailable
from domain.ksef_diagnoses import NoKsef, UnreadableKsef, UnusableCertificate
from gateways.ksef_access import Access, BadCertificate
from gateways.ksef_settings import KsefSettings

FA3 = FormCode(system_code="FA (3)", schema_version="1-0E", value="FA")
_PAGE, _MOST_PAGES = 100, 100
_LONGEST_TEXT = 2000
_ACCEPTED = 200
_MOST_DIGITS = 6
_UNREADABLE = (TypeError, ValueError, KeyError, AttributeError)
"""What ksef-client raises for an answer that is not what its model says."""

_Answer = TypeVar("_Answer")


class KsefGateway:
    """One installation's way in. Not for several threads; a process that was forked off makes its own.

    Raises KsefUnavailable, KsefRefused and, from `send` alone, KsefLost.
    """

    def __init__(self, settings: KsefSettings) -> None:
        self.settings = settings
        self._access = Access(settings)
        self._client: KsefClient | None = None
        self._keys: dict[str, EncryptionData] = {}

    def open_session(self) -> str:
        """Begin a session for sending; its reference. A refusal is about us and no document: it is raised as
        KsefUnavailable.
        """

        def open_with_new_key(client: KsefClient, token: str) -> str:
            public = client.security.get_public_key_certificate("SymmetricKeyEncryption")
            keys = build_encryption_data(public.certificate, public_key_id=public.public_key_id)
            if keys.encryption_info is None:
                raise ValueError("no key")
            request = OpenOnlineSessionRequest(encryption=keys.encryption_info, form_code=FA3)
            reference = client.sessions.open_online_session(request, access_token=token).reference_number
            self._keys[reference] = keys
            return str(reference)

        try:
            return self._ask(open_with_new_key)
        except KsefRefused as failure:
            raise _not_let_in(failure) from failure

    def send(self, session: str, document: bytes, *, offline: bool) -> str:
        """Hand one document over in a session that this object opened; its reference in the session.

        After KsefLost `find` tells whether it arrived. Sent again, it would be refused as a duplicate (440).
        KsefRefused says nothing about the document, which was not taken: the session may have ended.
        """
        keys = self._keys[session]
        request = build_send_invoice_request(document, keys.key, keys.iv, offline_mode=offline)
        return self._ask(
            lambda client, token: str(
                client.sessions.send_online_invoice(session, request, access_token=token).reference_number
            ),
            sending=True,
        )

    def close_sessions(self) -> None:
        """End every session opened here; KSeF does so by itself after twelve hours."""
        opened, self._keys = list(self._keys), {}
        for session in opened:
            try:
                self._ask(
                    lambda client, token, session=session: client.sessions.close_online_session(  # type: ignore[misc]
                        session, access_token=token
                    )
                )
            except KsefRefused:  # it has ended
                continue
            except KsefFailure:
                return

    def find(self, session: str, sha256: str) -> str:
        """The reference of the document with that digest (hexadecimal) in a session; empty without one."""
        wanted, page = bytes.fromhex(sha256), None
        for _ in range(_MOST_PAGES):
            listed = self._ask(
                lambda client, token, page=page: client.sessions.get_session_invoices(  # type: ignore[misc]
                    session, page_size=_PAGE, continuation_token=page, access_token=token
                )
            )
            for one in listed.invoices:
                if _same_digest(one.invoice_hash, wanted):
                    return str(one.reference_number)
            page = listed.continuation_token
            if not page:
                break
        return ""

    def status(self, session: str, reference: str) -> DocumentStatus:
        """What has become of a document so far."""
        return self._ask(
            lambda client, token: _status(
                client.sessions.get_session_invoice_status(session, reference, access_token=token)
            )
        )

    def digest_of(self, ksef_number: str) -> str:
        """The SHA-256 (hexadecimal) of the document that has this number."""
        return self._ask(
            lambda client, token: hashlib.sha256(
                client.invoices.get_invoice_bytes(ksef_number, access_token=token).content
            ).hexdigest()
        )

    def receipt(self, session: str, ksef_number: str) -> str:
        """The UPO of an accepted document: XML, signed by the Ministry."""
        return self._ask(
            lambda client, token: client.sessions.get_session_invoice_upo_by_ksef(
                session, ksef_number, access_token=token
            ).decode("utf-8")
        )

    def close(self) -> None:
        """Give the connections back."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _ask(self, call: Callable[[KsefClient, str], _Answer], *, sending: bool = False) -> _Answer:
        """Call with a pass; a pass that is refused is replaced once."""
        last_try = False
        while True:
            client, token = self._admitted()
            try:
                return call(client, token)
            except KsefHttpError as error:
                if error.status_code == HTTPStatus.UNAUTHORIZED and not last_try:
                    self._access.forget()
                    last_try = True
                    continue
                raise _failure(error, sending=sending) from error
            except _UNREADABLE as error:
                raise _unreadable(error, sending=sending) from error

    def _admitted(self) -> tuple[KsefClient, str]:
        if self._client is None:
            options = KsefClientOptions(
                self.settings.api_url,
                base_qr_url=self.settings.qr_url,
                timeout_seconds=self.settings.timeout_seconds,
                verify_ssl=_tls_context(),  # type: ignore[arg-type]  # handed on to httpx, which takes one
                user_agent="Goniec",
            )
            self._client = KsefClient(options)
        try:
            return self._client, self._access.token(self._client)
        except KsefHttpError as error:
            failure = _failure(error, sending=False)
            raise (_not_let_in(failure) if isinstance(failure, KsefRefused) else failure) from error
        except BadCertificate as error:
            raise KsefUnavailable(0, str(UnusableCertificate(why=str(error))), is_down=False) from error
        except _UNREADABLE as error:
            raise _unreadable(error, sending=False) from error


@cache
def _tls_context() -> ssl.SSLContext:
    """One for the process: reading the authorities' certificates costs more than sending a document."""
    return httpx.create_ssl_context()


def _status(said: SessionInvoiceStatusResponse) -> DocumentStatus:
    """Raises ValueError for an accepted document without a number that is one."""
    status, number = said.status, said.ksef_number or ""
    if status.code == _ACCEPTED and not is_valid_ksef_number(number):
        raise ValueError("accepted without a KSeF number")
    original = status.extensions or {}
    details = "; ".join(status.details or [])
    text = f"{status.description}: {details}" if details else status.description
    return DocumentStatus(
        code=int(status.code),
        text=text[:_LONGEST_TEXT],
        ksef_number=number,
        original_number=original.get("originalKsefNumber") or "",
        original_session=original.get("originalSessionReferenceNumber") or "",
    )


def _same_digest(said: str, wanted: bytes) -> bool:
    try:
        return base64.b64decode(said, validate=True) == wanted
    except ValueError:
        return False


def _not_let_in(refusal: KsefRefused) -> KsefUnavailable:
    """A refusal of us, before any document is spoken of."""
    return KsefUnavailable(refusal.code, refusal.text, is_down=False)


def _failure(error: KsefHttpError, *, sending: bool) -> KsefFailure:
    """What an error of HTTP means. 4xx refuses; an answer that is none, or 5xx, tells nothing about what was
    sent, unless no connection came about.
    """
    status, text = error.status_code, _text(error)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return KsefUnavailable(status, text, is_down=False, retry_after=_seconds(error))
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return KsefUnavailable(status, text, is_down=False)
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return KsefRefused(status, text)
    never_left = isinstance(error.__cause__, httpx.ConnectError | httpx.ConnectTimeout)
    if sending and not never_left:
        return KsefLost(status, text)
    return KsefUnavailable(status, text, is_down=True, retry_after=_seconds(error))


def _unreadable(error: Exception, *, sending: bool) -> KsefFailure:
    """KSeF works, and we do not understand it: no reason to issue an invoice offline."""
    text = str(UnreadableKsef(why=type(error).__name__))
    return KsefLost(0, text) if sending else KsefUnavailable(0, text, is_down=False)


def _seconds(error: KsefHttpError) -> int:
    """Retry-After as KSeF wrote it: the library cuts it at five minutes, and limits by the hour want more."""
    raw = (error.retry_after_raw or "").strip()
    return (
        int(raw) if raw.isascii() and raw.isdecimal() and len(raw) <= _MOST_DIGITS else error.retry_after or 0
    )


def _text(error: KsefHttpError) -> str:
    """What the answer says for a person: exceptionDescription, detail or description, wherever they stand."""
    said: list[str] = []

    def collect(value: object) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                if name in ("exceptionDescription", "detail", "description") and isinstance(inner, str):
                    said.append(inner)
                elif name == "details" and isinstance(inner, list):
                    said.extend(str(one) for one in inner)
                else:
                    collect(inner)
        elif isinstance(value, list):
            for one in value:
                collect(one)

    collect(error.response_body)
    if said:
        return " ".join(said)[:_LONGEST_TEXT]
    why = type(error.__cause__).__name__ if error.__cause__ else f"HTTP {error.status_code}"
    return str(NoKsef(why=why))
