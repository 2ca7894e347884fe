"""A stand-in for PayU (REST API 2.1) on a real socket: for the demo and for tests.

    python -m sandbox.paywall --port 8026

Prints ``{"port": …, "url": …}`` on one line when ready, and ends on SIGTERM. No money moves: the payer
chooses on a page what happens, and the merchant is told by the signed notification PayU would send. What it
leaves out: refunds, captures, card data, and the wait of a minute before the first repetition.
"""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import ThreadingHTTPServer

from gateways.payu import PayuSettings
from sandbox.paywall_orders import Action, Order, Till
from sandbox.paywall_page import Handler
from sandbox.paywall_tokens import Tokens

HOST = "127.0.0.1"
PORT = 8026
POS_ID = "300746"
CLIENT_ID = "300746"
CLIENT_SECRET = "goniec-sandbox-client-secret"
SECOND_KEY = "goniec-sandbox-second-key"
TOKEN_SECONDS = 43_199
PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)


def settings_for(url: str, timeout_seconds: float = 10.0) -> PayuSettings:
    """What a gateway is told to reach the stand-in."""
    return PayuSettings(url, POS_ID, CLIENT_ID, CLIENT_SECRET, SECOND_KEY, timeout_seconds)


@dataclass(frozen=True)
class Paywall:
    """A stand-in that is running. ``till`` has its orders, ``tokens`` the access it has granted."""

    url: str
    port: int
    till: Till
    tokens: Tokens

    @property
    def settings(self) -> PayuSettings:
        return settings_for(self.url)

    def act(self, order_id: str, action: str) -> Order:
        """Choose for the payer: pay, refuse, abandon or twice. The merchant is told in the background."""
        return self.till.act(order_id, Action(action))

    def settle(self, seconds: float = 10.0) -> None:
        """Wait until every notification has been delivered or given up."""
        self.till.settle(seconds)


@contextmanager
def running(
    port: int = 0,
    *,
    algorithm: str = "MD5",
    token_seconds: int = TOKEN_SECONDS,
    pauses: Sequence[float] = PAUSES,
) -> Iterator[Paywall]:
    """Serve on the loopback interface until the block is left; port 0 chooses a free one.

    ``algorithm`` (MD5 or SHA-256) signs notifications; ``pauses`` are the seconds before each repetition.
    """

    class Serving(Handler):
        till = Till(POS_ID, SECOND_KEY, algorithm, pauses)
        tokens = Tokens(CLIENT_ID, CLIENT_SECRET, token_seconds)

    server = ThreadingHTTPServer((HOST, port), Serving)
    server.daemon_threads = True
    chosen = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield Paywall(f"http://{HOST}:{chosen}", chosen, Serving.till, Serving.tokens)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        Serving.till.close()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="sandbox.paywall", description="Stand in for PayU.")
    parser.add_argument("--port", type=int, default=PORT, metavar="N", help="0 chooses a free one")
    parser.add_argument("--algorithm", choices=("MD5", "SHA-256"), default="MD5", help="signs notifications")
    options = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with running(options.port, algorithm=options.algorithm) as paywall:
        print(json.dumps({"port": paywall.port, "url": paywall.url}), flush=True)
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
