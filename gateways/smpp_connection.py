"""One connection to an SMSC, bound as a transceiver (SMPP 3.4), which tells at what stage a request failed.

smpplib writes the PDUs. Reading is done here: its client believes any length, gives an answer to whoever asks
next, and drops what it has of a PDU when it loses patience. No thread but the one that holds it may use it.
"""

import logging
import select
import socket
import ssl
import struct
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from smpplib import consts, smpp  # type: ignore[import-untyped]
from smpplib.client import Client  # type: ignore[import-untyped]

from domain.outcomes import AccountRefused, Unavailable
from domain.sms_diagnoses import NoGateway, NoGatewayTls, UntrustedGateway
from domain.smtp_replies import readable
from gateways.sms_sending import AnswerLost, NotSent

LARGEST_PDU = 70_000
"""Octets: a deliver_sm whose text is in a TLV may have 64 KiB and a bit."""

MOST_WAITING = 1000
"""Deliveries read and not answered yet; an SMSC that has more to say must wait."""

LONGEST_SYSTEM_ID, LONGEST_PASSWORD, LONGEST_SYSTEM_TYPE = 15, 8, 12
"""Characters, all ASCII (4.1.1); the protocol's own numbers count the NUL behind them."""

PORT, TLS_PORT = 2775, 3550
_RESPONSE = 0x8000_0000
_GENERIC_NACK, _UNBIND, _DELIVER_SM, _ENQUIRE_LINK = 0x8000_0000, 0x06, 0x05, 0x15
_HEADER = struct.Struct(">LLLL")
# smpplib logs PDUs, with passwords and texts in them, at level DEBUG.
logging.getLogger("goniec.smpplib").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class SmppSettings:
    """One account (ESME). ``timeout_seconds`` applies to connecting and to each wait for an answer.

    With ``only_sends`` the SMSC hands nothing over on this connection. Raises ValueError for what the
    protocol has no room for: a system id of 15 characters, a password of 8, a system type of 12, all ASCII.
    """

    host: str
    port: int
    system_id: str
    password: str = field(repr=False)
    system_type: str = ""
    tls: bool = False
    timeout_seconds: float = 10.0
    only_sends: bool = False

    def __post_init__(self) -> None:
        for name, most, least in (
            ("system_id", LONGEST_SYSTEM_ID, 1),
            ("password", LONGEST_PASSWORD, 0),
            ("system_type", LONGEST_SYSTEM_TYPE, 0),
        ):
            text = getattr(self, name)
            if not (least <= len(text) <= most and text.isascii() and (text.isprintable() or not text)):
                raise ValueError(f"{name} has at most {most} ASCII characters")

    @classmethod
    def of(cls, address: str, system_id: str, password: str) -> Self:
        """From ``smpp://host:2775`` or ``smpps://host:3550``, and ``?system_type=…``. Raises ValueError."""
        url = urlsplit(address)
        extras = dict(parse_qsl(url.query))
        if url.scheme not in ("smpp", "smpps") or not url.hostname or url.port == 0 or url.path.strip("/"):
            raise ValueError("the address is not like smpp://host:2775")
        if set(extras) - {"system_type"}:
            raise ValueError("the address knows no other setting than system_type")
        tls = url.scheme == "smpps"
        port = url.port or (TLS_PORT if tls else PORT)
        return cls(unquote(url.hostname), port, system_id, password, extras.get("system_type", ""), tls)


@dataclass(frozen=True, slots=True)
class Pdu:
    command: int
    status: int
    sequence: int
    body: bytes


class BindRefused(Exception):
    """The SMSC answered, and does not let us in; ``status`` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(f"0x{status:08X}")
        self.status = status


class SmppConnection:
    """Connects and binds when it is made. Raises NotSent and BindRefused.

    ``deliveries`` are the deliver_sm that came and want an answer, oldest first.
    """

    def __init__(self, settings: SmppSettings) -> None:
        self.deliveries: deque[Pdu] = deque()
        self._timeout = settings.timeout_seconds
        self._socket = _connected(settings)
        self._buffer = b""
        self.used_at = time.monotonic()
        self._client = Client(
            settings.host, settings.port, logger_name="goniec.smpplib", allow_unknown_opt_params=True
        )
        try:
            self._bind(settings)
        except BaseException:
            self._socket.close()
            raise

    def _bind(self, settings: SmppSettings) -> None:
        try:
            answer = self.request(
                "bind_transmitter" if settings.only_sends else "bind_transceiver",
                system_id=settings.system_id,
                password=settings.password,
                system_type=settings.system_type,
            )
        except AnswerLost as error:
            raise NotSent(Unavailable("", str(NoGateway(why=str(error))))) from None
        if answer.status != consts.SMPP_ESME_ROK:
            raise BindRefused(answer.status)

    def request(self, command: str, **fields: Any) -> Pdu:
        """One request and its answer. Raises NotSent and AnswerLost; the connection is of no use after."""
        pdu = smpp.make_pdu(command, client=self._client, **fields)
        self._write(pdu.generate())
        return self._answer(pdu.sequence)

    def answer(self, delivery: Pdu, status: int) -> None:
        """Tell what became of a delivery. Raises NotSent and AnswerLost."""
        self._respond(_DELIVER_SM, delivery.sequence, status, b"\0")

    def read_waiting(self) -> None:
        """Read what has come, without waiting for more than a PDU's rest. Raises NotSent and AnswerLost."""
        while len(self.deliveries) < MOST_WAITING and self._can_be_read(0.0):
            self._take(self._read(time.monotonic() + self._timeout))

    def close(self, *, politely: bool = True) -> None:
        """Close it; politely is with an unbind, whose answer is not waited for."""
        if politely:
            try:
                self._socket.settimeout(1.0)
                self._socket.sendall(smpp.make_pdu("unbind", client=self._client).generate())
            except OSError:
                pass
        self._socket.close()

    def _answer(self, sequence: int) -> Pdu:
        deadline = time.monotonic() + self._timeout
        while True:
            pdu = self._read(deadline)
            if pdu.command & _RESPONSE and pdu.sequence == sequence:
                return pdu
            self._take(pdu)

    def _take(self, pdu: Pdu) -> None:
        """What the SMSC says of its own accord. Raises AnswerLost when it says good-bye."""
        if pdu.command == _DELIVER_SM:
            self.deliveries.append(pdu)
        elif pdu.command == _UNBIND:
            self._respond(pdu.command, pdu.sequence, consts.SMPP_ESME_ROK)
            raise AnswerLost("unbind")
        elif pdu.command == _ENQUIRE_LINK:
            self._respond(pdu.command, pdu.sequence, consts.SMPP_ESME_ROK)
        elif not pdu.command & _RESPONSE:
            self._respond(_GENERIC_NACK, pdu.sequence, consts.SMPP_ESME_RINVCMDID)

    def _respond(self, command: int, sequence: int, status: int, body: bytes = b"") -> None:
        length = _HEADER.size + len(body)
        self._write(_HEADER.pack(length, command | _RESPONSE, status, sequence) + body)

    def _write(self, pdu: bytes) -> None:
        """An error means that the PDU's end, at least, was not accepted; after a wait it is not that sure."""
        try:
            self._socket.settimeout(self._timeout)
            self._socket.sendall(pdu)
        except TimeoutError as error:
            raise AnswerLost(_words(error)) from None
        except OSError as error:
            raise NotSent(Unavailable("", str(NoGateway(why=_words(error))))) from None
        self.used_at = time.monotonic()

    def _can_be_read(self, seconds: float) -> bool:
        pending = isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0
        return bool(pending or self._buffer or select.select([self._socket], [], [], seconds)[0])

    def _read(self, deadline: float) -> Pdu:
        """One whole PDU. Raises AnswerLost at its end, at the deadline, and for what cannot be one."""
        length, command, status, sequence = _HEADER.unpack(self._exactly(_HEADER.size, deadline))
        if not _HEADER.size <= length <= LARGEST_PDU:
            raise AnswerLost(f"a PDU of {length} octets")
        return Pdu(command, status, sequence, self._exactly(length - _HEADER.size, deadline))

    def _exactly(self, length: int, deadline: float) -> bytes:
        while len(self._buffer) < length:
            try:
                self._socket.settimeout(max(0.001, deadline - time.monotonic()))
                chunk = self._socket.recv(65536)
            except OSError as error:
                raise AnswerLost(_words(error)) from None
            if not chunk:
                raise AnswerLost("the connection was closed")
            self._buffer += chunk
            self.used_at = time.monotonic()
        taken, self._buffer = self._buffer[:length], self._buffer[length:]
        return taken


def _connected(settings: SmppSettings) -> socket.socket:
    try:
        stream = socket.create_connection((settings.host, settings.port), settings.timeout_seconds)
    except (OSError, UnicodeError) as error:
        raise NotSent(Unavailable("", str(NoGateway(why=_words(error))))) from None
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if not settings.tls:
        return stream
    try:
        return ssl.create_default_context().wrap_socket(stream, server_hostname=settings.host)
    except ssl.SSLCertVerificationError as error:
        stream.close()
        raise NotSent(AccountRefused("", str(UntrustedGateway(why=error.verify_message)))) from None
    except (OSError, ValueError) as error:
        stream.close()
        went_away = isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError)
        if isinstance(error, ssl.SSLError | ValueError) and not went_away:
            raise NotSent(AccountRefused("", str(NoGatewayTls(why=_words(error))))) from None
        raise NotSent(Unavailable("", str(NoGateway(why=_words(error))))) from None


def _words(error: BaseException) -> str:
    return readable(str(error)) or type(error).__name__
