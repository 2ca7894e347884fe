"""How the web pages of the stand-ins answer: whole, never kept, and read as nothing but what they say."""

from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler

POLICY = "Content-Security-Policy"
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}


class AnsweringHandler(BaseHTTPRequestHandler):
    """One connection that answers and stays silent: stdout is for the ready line, and addresses name people
    and orders.
    """

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def answer(
        self, status: HTTPStatus, kind: str, content: bytes, headers: Mapping[str, str] | None = None
    ) -> None:
        """Send everything; a header with an empty value is left out."""
        self.send_response(status)
        own = {"Content-Type": kind, "Content-Length": str(len(content))}
        for name, value in {**own, **_ALWAYS, **(headers or {})}.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
