"""smtplib's client, made safe against what a broken or hostile server may send."""

import smtplib
import socket
from typing import Any

NOT_SMTP = -1  # what smtplib too gives as the code of a reply it cannot read
_LONGEST_REPLY_LINE = 8192
_MOST_REPLY_LINES = 100


class _Bounded(smtplib.SMTP):
    """smtplib's client with replies that cannot grow without end, and small writes sent at once."""

    def connect(
        self, host: str = "localhost", port: int = 0, source_address: Any = None
    ) -> tuple[int, bytes]:
        reply = super().connect(host, port, source_address)
        if self.sock is not None:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return reply

    def getreply(self) -> tuple[int, bytes]:
        """The reply's code and text; code -1 for what is no SMTP reply."""
        if self.file is None:
            assert self.sock is not None  # noqa: S101 - docmd has just written to it
            self.file = self.sock.makefile("rb")
        lines: list[bytes] = []
        while len(lines) < _MOST_REPLY_LINES:
            try:
                line = self.file.readline(_LONGEST_REPLY_LINE + 1)
            except OSError as error:
                self.close()
                raise smtplib.SMTPServerDisconnected(str(error)) from error
            if not line.endswith(b"\n"):
                self.close()
                if len(line) > _LONGEST_REPLY_LINE:
                    return NOT_SMTP, line[:100]
                raise smtplib.SMTPServerDisconnected("the server closed the connection")
            code = line[:3]
            lines.append(line[4:].strip())
            if not (code.isdigit() and line[3:4] in b"- \r\n"):
                return NOT_SMTP, line.strip()
            if line[3:4] != b"-":
                return int(code), b"\n".join(lines)
        self.close()
        return NOT_SMTP, b"a reply without end"


class PlainConnection(_Bounded):
    """In the clear, or with STARTTLS later."""


class TlsConnection(_Bounded, smtplib.SMTP_SSL):
    """TLS from the first byte."""
