"""Kept-alive connections to one HTTP server, which tell at what stage a request failed.

urllib3's own pool says that a request failed, but not whether it had left us, and that decides whether a
text may be sent again. So its connections are used one by one: urllib3 finds, secures and watches them, and
a request is written here, whole and in one piece.
"""

import http.client
import os
import ssl
import time
from collections import deque
from dataclasses import dataclass
from urllib.parse import urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from domain.diagnoses import UnusableSettings
from domain.outcomes import AccountRefused, Unavailable
from domain.sms_diagnoses import NoGateway, NoGatewayTls, UntrustedGateway
from domain.smtp_replies import readable
from gateways.sms_sending import AnswerLost, NotSent

LARGEST_ANSWER = 64 * 1024
"""Bytes of an answer's body; a real one has a few hundred."""

# A server closes a connection that has been idle for a while, usually from 5 s up, and something on the way
# may forget it without telling either end. A request written into such a connection is lost, and nobody can
# say whether it was: so none is used again after this long.
_LONGEST_IDLE_SECONDS = 4.0
_MOST_IDLE = 8
_CHUNK = 8192


@dataclass(frozen=True, slots=True)
class Answer:
    """``body`` is none when it did not come whole, came too slowly or is too large."""

    status: int
    body: bytes | None


class Connections:
    """Every connection to one server, for all threads; a process that was forked off begins with none.

    ``headers`` are lines of every request, each ended by CRLF. ``timeout_seconds`` applies to connecting, to
    each single wait and to an answer's body as a whole.
    """

    def __init__(self, base_url: str, headers: str, timeout_seconds: float) -> None:
        url = urlsplit(base_url)
        assert url.hostname  # noqa: S101 - the settings have looked
        self._host, self._port = url.hostname, url.port or (443 if url.scheme == "https" else 80)
        self._path = url.path.rstrip("/")
        self._headers = f"Host: {url.netloc.rpartition('@')[2]}\r\n{headers}"
        self._timeout = timeout_seconds
        self._tls = ssl.create_default_context() if url.scheme == "https" else None
        self._idle: deque[tuple[HTTPConnection, float]] = deque()
        self._owner = os.getpid()

    def exchange(self, method: str, target: str, body: bytes = b"") -> Answer:
        """One request, written once, and its answer; nothing is followed. Raises NotSent and AnswerLost."""
        head = f"{method} {self._path}{target} HTTP/1.1\r\n{self._headers}"
        length = f"Content-Length: {len(body)}\r\n" if method == "POST" else ""
        connection = self._kept() or self._new()
        whole = False
        try:
            _write(connection, f"{head}{length}\r\n".encode("ascii") + body, self._timeout)
            answer, whole = self._answer(connection, method)
            return answer
        finally:
            if whole and len(self._idle) < _MOST_IDLE:
                self._idle.append((connection, time.monotonic()))
            else:
                connection.close()  # its next bytes, if any, would be taken for another request's answer

    def close(self) -> None:
        """Close what is idle."""
        while self._idle:
            self._idle.pop()[0].close()

    def _kept(self) -> HTTPConnection | None:
        """The connection used last, unless the server has closed it or it was idle for too long."""
        if self._owner != os.getpid():  # the parent's: two would write into one stream and mix up the answers
            self._idle, self._owner = deque(), os.getpid()
        while True:
            try:
                connection, since = self._idle.pop()
            except IndexError:
                return None
            # The end of the stream, or bytes nobody asked for, can be read: neither may happen to us later.
            if time.monotonic() - since < _LONGEST_IDLE_SECONDS and connection.is_connected:
                return connection
            connection.close()

    def _new(self) -> HTTPConnection:
        connection: HTTPConnection
        if self._tls is None:
            connection = HTTPConnection(self._host, self._port, timeout=self._timeout)
        else:
            connection = HTTPSConnection(
                self._host,
                self._port,
                timeout=self._timeout,
                cert_reqs="CERT_REQUIRED",
                ssl_context=self._tls,
            )
        try:
            connection.connect()
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            connection.close()
            raise NotSent(_why_not_connected(error)) from None
        except BaseException:
            connection.close()
            raise
        return connection

    def _answer(self, connection: HTTPConnection, method: str) -> tuple[Answer, bool]:
        """The answer, and whether the connection may serve again."""
        assert connection.sock is not None  # noqa: S101 - it has just been written to
        response = http.client.HTTPResponse(connection.sock, method=method)
        try:
            try:
                response.begin()
            except (OSError, http.client.HTTPException, ValueError) as error:
                raise AnswerLost(_words(error)) from None
            body = _whole_body(response, time.monotonic() + self._timeout)
            return Answer(response.status, body), body is not None and not response.will_close
        finally:
            response.close()


def _write(connection: HTTPConnection, request: bytes, timeout: float) -> None:
    """Hand the request to the system in one piece.

    An error means that its end, at least, was not accepted: a broken connection was only noticed now. The
    other side has no whole request and so none at all (RFC 9112, 8). After a wait it is not that sure.
    """
    assert connection.sock is not None  # noqa: S101 - connected or kept
    try:
        connection.sock.settimeout(timeout)
        connection.sock.sendall(request)
    except TimeoutError as error:
        raise AnswerLost(_words(error)) from None
    except OSError as error:
        raise NotSent(Unavailable("", str(NoGateway(why=_words(error))))) from None


def _whole_body(response: http.client.HTTPResponse, deadline: float) -> bytes | None:
    """The body as it came: nothing packed was asked for."""
    body = b""
    try:
        while chunk := response.read1(_CHUNK):
            body += chunk
            if len(body) > LARGEST_ANSWER or time.monotonic() > deadline:
                return None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    return None if response.length else body


def _why_not_connected(error: Exception) -> Unavailable:
    if isinstance(error, ssl.SSLCertVerificationError):
        return AccountRefused("", str(UntrustedGateway(why=error.verify_message)))
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return AccountRefused("", str(NoGatewayTls(why=_words(error))))
    if isinstance(error, urllib3.exceptions.HTTPError | OSError):
        return Unavailable("", str(NoGateway(why=_words(error.__cause__ or error))))
    return AccountRefused("", str(UnusableSettings(why=_words(error))))


def _words(error: BaseException) -> str:
    return readable(str(error)) or type(error).__name__
