"""A stand-in for SMSAPI.pl on a real socket, with the phones that get the texts: for the demo and for tests.

    python -m sandbox.phones --port 8027 --dlr-url http://… --mo-url http://…

Prints ``{"port": …, "url": …}`` on one line when ready, and ends on SIGTERM. No text leaves the machine: a
page shows the phones, and a person answers from one or decides whether a text was delivered. What it leaves
out: several recipients in one request, templates and dates.
"""

import argparse
import json
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from gateways.smsapi import SmsapiSettings
from sandbox.phones_callbacks import DELIVERED, Callbacks
from sandbox.phones_exchange import Exchange, Rule, Text, Trouble
from sandbox.phones_page import Handler

HOST = "127.0.0.1"
PORT = 8027
TOKEN = "goniec-sandbox-sms-token"
REPORT_SECONDS = 1.0
PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)


def settings_for(url: str, timeout_seconds: float = 10.0) -> SmsapiSettings:
    """What a gateway is told to reach the stand-in."""
    return SmsapiSettings(url, TOKEN, timeout_seconds)


class _Server(ThreadingHTTPServer):
    """Knows its open connections, which outlive it otherwise: a kept-alive one would be served on."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], serving: type[Handler]) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(address, serving)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that have gone."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def drop_connections(self) -> None:
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class SandboxPhones:
    """Serves between ``start`` and ``stop``, or inside a ``with`` block; port 0 chooses a free one.

    ``dlr_url`` and ``mo_url`` are where the panel is told about deliveries (unless a text brings its own
    ``notify_url``) and about texts to it; empty: nobody is told. A text counts as delivered ``report_after``
    seconds after it was taken, unless that is none; ``pauses`` are the seconds before each repetition of a
    call that was not answered with ``OK``.
    """

    def __init__(
        self,
        host: str = HOST,
        port: int = 0,
        *,
        dlr_url: str = "",
        mo_url: str = "",
        report_after: float | None = REPORT_SECONDS,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self.exchange = Exchange()
        self.callbacks = Callbacks(dlr_url, mo_url, pauses)
        self._report_after = report_after
        # What stands in the class is reached through it; a function there would become a method.
        serving = type(
            "Serving",
            (Handler,),
            {
                "exchange": self.exchange,
                "callbacks": self.callbacks,
                "token": TOKEN,
                "after_taking": staticmethod(self._deliver_later),
            },
        )
        self._server = _Server((host, port), serving)
        self.port: int = self._server.server_address[1]
        self.url = f"http://{host}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def settings(self) -> SmsapiSettings:
        return settings_for(self.url)

    def start(self) -> Self:
        self.callbacks.start()
        self._thread.start()
        return self

    def stop(self) -> None:
        """Give the answers that are withheld and end; what is still to be told is given up."""
        self.exchange.behave()
        self._server.shutdown()
        self._server.server_close()
        self._server.drop_connections()
        self._thread.join()
        self.callbacks.close()

    def taken(self) -> list[Text]:
        """Every text that was taken, in the order of time. Numbers are digits without the +."""
        return [text for text in self.exchange.texts() if not text.incoming]

    def misbehave(
        self, trouble: Trouble, number: str = "", *, times: int | None = None, skip: int = 0
    ) -> None:
        """Add a rule: no ``number`` is any, no ``times`` is always, and ``skip`` texts go well first."""
        self.exchange.misbehave(Rule(trouble, number.removeprefix("+"), times, skip))

    def behave(self) -> None:
        """Do nothing wrong any more and give the answers that are withheld."""
        self.exchange.behave()

    def drop_connections(self) -> None:
        """Close every connection, as a server does that was restarted or waited for too long."""
        self._server.drop_connections()

    def answer(self, number: str, text: str) -> Text:
        """Write from a phone, as a person would on the page; the panel is told in the background."""
        received = self.exchange.receive(number, text)
        self.callbacks.forward(received)
        return received

    def report(self, text: Text, status: int = DELIVERED) -> None:
        """Tell the panel how a text fared, as the page's buttons do."""
        self.callbacks.report(text, status)

    def settle(self, seconds: float = 10.0) -> None:
        """Wait until the panel has been told everything, or not listened for too long."""
        self.callbacks.settle(seconds)

    def _deliver_later(self, text: Text) -> None:
        if self._report_after is not None:
            self.callbacks.report(text, DELIVERED, self._report_after)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="sandbox.phones", description="Stand in for SMSAPI.")
    parser.add_argument("--port", type=int, default=PORT, metavar="N", help="0 chooses a free one")
    parser.add_argument("--dlr-url", default="", metavar="URL", help="told by GET how texts fared")
    parser.add_argument(
        "--mo-url", default="", metavar="URL", help="told by POST what is texted to the panel"
    )
    options = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with SandboxPhones(port=options.port, dlr_url=options.dlr_url, mo_url=options.mo_url) as phones:
        print(json.dumps({"port": phones.port, "url": phones.url}), flush=True)
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
