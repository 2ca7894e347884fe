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

    ``timeout_seconds`` applies to connecting and to each single wait for the server. An empty
    ``username`` means no log-in; an empty ``local_hostname`` lets smtplib ask the system for one.
    """

    host: str
    port: int
    security: Security = Security.STARTTLS
    username: str = ""
    password: str = field(default="", repr=False)
    timeout_seconds: float = 30.0
    local_hostname: str = ""
