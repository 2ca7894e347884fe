"""Mail out over SMTP (RFC 5321), one connection for a range of messages.

smtplib speaks the protocol; this module writes the message and its final dot itself, because the
stage at which a connection breaks decides whether a message may be sent again.
"""

import base64
import re
import smtplib
import ssl
from collections.abc import Callable, Sequence
from functools import cache
from types import TracebackType
from typing import Self

from domain.diagnoses import (
    LargerThanAllowed,
    NoConnection,
    NoSmtpUtf8,
    NoTls,
    UntrustedCertificate,
    UnusableSettings,
    UnwritableAddress,
)
from domain.outcomes import AccountRefused, Outcome, Refused, Unavailable
from domain.smtp_replies import Stage, outcome_of_loss, outcome_of_reply, readable
from gateways.smtp_connection import NOT_SMTP, PlainConnection, TlsConnection
from gateways.smtp_settings import Security, SmtpSettings

_GO_AHEAD = 354
_CLOSING = 421
_AUTHENTICATED = 235
_ENVELOPE_STAGES = (Stage.MAIL_FROM, Stage.RCPT_TO, Stage.DATA)
_BARE_NEWLINE = re.compile(rb"\r\n|\r|\n")
_ENVELOPE_ADDRESS = re.compile("[^\x00-\x20\x7f-\xa0<>\u2028\u2029\ud800-\udfff]*")

Reply = tuple[int, bytes]


class SmtpSession:
    """One connection: ``open`` it, ``send`` while ``usable``, and leave the ``with`` block.

    ``tls_context`` replaces the default one, which verifies the server's certificate.
    """

    def __init__(self, settings: SmtpSettings, tls_context: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._tls_context = tls_context
        self._smtp: smtplib.SMTP | None = None
        self._stage = Stage.CONNECT
        self._size_limit = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def usable(self) -> bool:
        """Whether another message can be sent over this connection."""
        return self._smtp is not None

    def open(self) -> Unavailable | None:
        """Connect, secure and log in. None when ready, otherwise why not; never raises for the network."""
        self.close()
        try:
            self._connect()
        except ssl.SSLError as error:
            return self._failed(self._tls_failure(error))
        except smtplib.SMTPResponseException as error:
            outcome = outcome_of_reply(self._stage, error.smtp_code, readable(error.smtp_error))
            return self._failed(outcome)
        except smtplib.SMTPNotSupportedError as error:
            return self._failed(AccountRefused("", readable(str(error))))
        except OSError as error:
            return self._failed(outcome_of_loss(self._stage, str(error)))
        except ValueError as error:  # a host name that is none, a line break in a setting
            return self._failed(AccountRefused("", str(UnusableSettings(why=readable(str(error))))))
        except BaseException:
            self._drop()
            raise
        return None

    def send(
        self,
        envelope_from: str,
        recipient: str,
        payload: bytes,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> Outcome:
        """Send one message to one recipient; never raises for the network or the protocol.

        ``payload`` is the complete message, not dot-stuffed. Addresses are as SMTP carries them
        (domain.mail_headers.envelope_address); ``envelope_from`` may be empty (RFC 3834 replies).
        ``meanwhile`` is called while the server has the message and has not answered; it must not raise.
        """
        if self._smtp is None:
            return Unavailable("", str(NoConnection()))
        options = ""
        if not (envelope_from.isascii() and recipient.isascii()):
            if not self._smtp.has_extn("smtputf8"):
                return Refused("", str(NoSmtpUtf8()))
            options = " SMTPUTF8"
            self._smtp.command_encoding = "utf-8"
        if not (
            _ENVELOPE_ADDRESS.fullmatch(envelope_from)
            and _ENVELOPE_ADDRESS.fullmatch(recipient)
            and recipient
        ):
            return Refused("", str(UnwritableAddress()))
        if self._size_limit and len(payload) > self._size_limit:
            return Refused("", str(LargerThanAllowed(size=len(payload), limit=self._size_limit)))
        try:
            return self._transact(f"FROM:<{envelope_from}>{options}", f"TO:<{recipient}>", payload, meanwhile)
        except OSError as error:  # smtplib's own errors are OSErrors too
            self._drop()
            return outcome_of_loss(self._stage, str(error))
        except BaseException:
            self._drop()  # in the middle of a conversation: nobody may go on with it
            raise

    def close(self) -> None:
        """Say good-bye if there is still somebody to say it to."""
        if self._smtp is not None:
            try:
                self._smtp.quit()
            except OSError:
                pass  # nothing is lost: every message has had its answer
            finally:
                self._drop()

    def _connect(self) -> None:
        settings = self._settings
        self._stage = Stage.CONNECT
        hostname = settings.local_hostname or None
        smtp: smtplib.SMTP
        try:
            if settings.security == Security.TLS:
                smtp = TlsConnection(
                    settings.host,
                    settings.port,
                    hostname,
                    timeout=settings.timeout_seconds,
                    context=self._tls_context or _default_tls_context(),
                )
            else:
                smtp = PlainConnection(
                    settings.host, settings.port, hostname, timeout=settings.timeout_seconds
                )
        except (smtplib.SMTPConnectError, smtplib.SMTPServerDisconnected):
            self._stage = Stage.GREETING
            raise
        self._smtp = smtp
        self._stage = Stage.HELLO
        smtp.ehlo_or_helo_if_needed()
        if settings.security == Security.STARTTLS:
            self._stage = Stage.STARTTLS
            smtp.starttls(context=self._tls_context or _default_tls_context())
            self._stage = Stage.HELLO
            smtp.ehlo_or_helo_if_needed()
        if settings.username:
            self._stage = Stage.LOGIN
            self._log_in(smtp)
        limit = smtp.esmtp_features.get("size", "")
        self._size_limit = int(limit) if limit.isdecimal() and limit.isascii() else 0

    def _log_in(self, smtp: smtplib.SMTP) -> None:
        user, password = self._settings.username, self._settings.password
        if "PLAIN" in smtp.esmtp_features.get("auth", "").upper().split():
            # smtplib encodes as ASCII, RFC 4616 says UTF-8: a Polish password must work.
            token = base64.b64encode(f"\0{user}\0{password}".encode()).decode("ascii")
            code, text = smtp.docmd("AUTH", f"PLAIN {token}")
            if code != _AUTHENTICATED:
                raise smtplib.SMTPAuthenticationError(code, text)
        else:
            smtp.login(user, password)

    def _transact(
        self, sender: str, recipient: str, payload: bytes, meanwhile: Callable[[], None]
    ) -> Outcome:
        smtp = self._smtp
        assert smtp is not None  # noqa: S101 - send() has looked
        if smtp.sock is not None:
            smtp.sock.settimeout(self._settings.timeout_seconds)
        envelope = [f"MAIL {sender}\r\n", f"RCPT {recipient}\r\n", "DATA\r\n"]
        refusal = self._pipelined(envelope) if smtp.has_extn("pipelining") else self._in_steps(envelope)
        if refusal is not None:
            return self._stopped(*refusal)
        assert smtp.sock is not None  # noqa: S101 - it has just answered
        smtp.sock.sendall(_terminated(payload))
        self._stage = Stage.END_OF_DATA
        smtp.sock.settimeout(self._settings.receipt_timeout_seconds)
        meanwhile()
        return self._stopped(*smtp.getreply())

    def _in_steps(self, envelope: Sequence[str]) -> Reply | None:
        """Send the envelope command by command; the reply that refuses it, if one does."""
        assert self._smtp is not None  # noqa: S101 - send() has looked
        for stage, command in zip(_ENVELOPE_STAGES, envelope, strict=True):
            self._stage = stage
            self._smtp.send(command)
            reply = self._smtp.getreply()
            if not _goes_on(stage, reply):
                return reply
        return None

    def _pipelined(self, envelope: Sequence[str]) -> Reply | None:
        """The same in one write (RFC 2920): the first reply that refuses counts, the others are only read."""
        smtp = self._smtp
        assert smtp is not None  # noqa: S101 - send() has looked
        self._stage = Stage.MAIL_FROM
        smtp.send("".join(envelope))
        for number, stage in enumerate(_ENVELOPE_STAGES):
            self._stage = stage
            reply = smtp.getreply()
            if not _goes_on(stage, reply):
                self._read_on(reply, len(envelope) - number - 1)
                return reply
        return None

    def _read_on(self, reply: Reply, outstanding: int) -> None:
        """Read the replies behind a refusal, which stands whatever becomes of the connection."""
        assert self._smtp is not None  # noqa: S101 - it has just answered
        try:
            while outstanding and reply[0] not in (_CLOSING, NOT_SMTP):
                reply = self._smtp.getreply()
                outstanding -= 1
            if reply[0] == _GO_AHEAD:
                # It waits for a message although nobody is to have one (RFC 2920, 3.1): an empty one ends it.
                self._smtp.docmd(".")
        except OSError:
            pass  # the reset that follows a refusal will find the connection gone

    def _stopped(self, code: int, reply: bytes) -> Outcome:
        """The outcome of the last reply, with the connection made ready for the next message, or dropped."""
        outcome = outcome_of_reply(self._stage, code, readable(reply))
        if code == _CLOSING or code // 100 not in (2, 4, 5):
            self._drop()
        elif self._stage is not Stage.END_OF_DATA:
            if code // 100 == 2:  # noqa: PLR2004 - a yes where only 354 makes sense: out of step
                self._drop()
            else:
                self._reset()
        return outcome

    def _reset(self) -> None:
        """End the refused transaction. A failure here changes nothing about the message refused."""
        assert self._smtp is not None  # noqa: S101 - it has just answered
        try:
            code, _ = self._smtp.docmd("RSET")
        except OSError:
            code = NOT_SMTP
        if code // 100 != 2:  # noqa: PLR2004
            self._drop()

    def _failed(self, outcome: Outcome) -> Unavailable:
        self._drop()
        assert isinstance(outcome, Unavailable)  # noqa: S101 - nothing is sent before MAIL FROM
        return outcome

    def _tls_failure(self, error: ssl.SSLError) -> Outcome:
        if isinstance(error, ssl.SSLCertVerificationError):
            return AccountRefused("", str(UntrustedCertificate(why=error.verify_message)))
        if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            return outcome_of_loss(self._stage, str(error))
        return AccountRefused("", str(NoTls(why=readable(str(error)))))

    def _drop(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()


@cache
def _default_tls_context() -> ssl.SSLContext:
    """One for the process: reading the system's certificates costs as much as sending fifty messages."""
    return ssl.create_default_context()


def _goes_on(stage: Stage, reply: Reply) -> bool:
    return reply[0] == _GO_AHEAD if stage is Stage.DATA else reply[0] // 100 == 2  # noqa: PLR2004


def _terminated(payload: bytes) -> bytes:
    """The payload as it goes on the wire: CRLF only, dots doubled, the final dot behind it.

    A bare CR or LF is repaired and not passed on: some servers read one as a line's end, and a second
    message could be smuggled in behind a false final dot (CVE-2023-51764).
    """
    without_lines = payload.replace(b"\r\n", b"")
    if b"\n" in without_lines or b"\r" in without_lines:
        payload = _BARE_NEWLINE.sub(b"\r\n", payload)
    if payload.startswith(b"."):
        payload = b"." + payload
    if b"\r\n." in payload:
        payload = payload.replace(b"\r\n.", b"\r\n..")
    return payload + (b".\r\n" if payload.endswith(b"\r\n") else b"\r\n.\r\n")
