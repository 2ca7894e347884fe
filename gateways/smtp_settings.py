"""Where and as whom mail is sent."""

from dataclasses import dataclass, field
from enum import StrEnum


class Security(StrEnum):
    """How the connection is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """Where and as whom to send.

    ``timeout_seconds`` applies to connecting and to each single wait for the server but the last one:
    whoever gives up waiting for the receipt of a message no longer knows whether it was taken, so
    ``receipt_timeout_seconds`` is longer (RFC 5321, 4.5.3.2.6). An empty
    ``username`` means no log-in; an empty ``local_hostname`` lets smtplib ask the system for one.
    """

    host: str
    port: int
    security: Security = Security.STARTTLS
    username: str = ""
    password: str = field(default="", repr=False)
    timeout_seconds: float = 30.0
    receipt_timeout_seconds: float = 300.0
    local_hostname: str = ""
