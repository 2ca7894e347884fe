"""A stand-in for KSeF (API 2.0) on a real socket: for the demo and for tests.

    python -m sandbox.ksef --port 8028 --keys instance/demo

Prints ``{"port": …, "url": …}`` on one line when ready, and ends on SIGTERM. It opens what is sent to it and
checks size, digest, XSD, date, NIP and whether the number was used. What it leaves out: batches, permissions,
queries, limits by the hour, a signed receipt. ``--keys`` is where a certificate that may log in is written.
"""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from http.server import ThreadingHTTPServer
from pathlib import Path

from domain.ksef import KsefEnvironment
from gateways.ksef_settings import Certificate, KsefSettings
from sandbox.ksef_keys import write_certificate
from sandbox.ksef_office import Office
from sandbox.ksef_pages import Handler
from sandbox.sample_account import OPERATOR

HOST = "127.0.0.1"
PORT = 8028
TOKEN = "20260101-EC-SANDBOX|nip-1060000062|goniec-sandbox-token"
SINCE = date(2026, 1, 1)


def settings_for(
    url: str,
    *,
    nip: str = OPERATOR.nip,
    certificate: Certificate | None = None,
    timeout_seconds: float = 10.0,
) -> KsefSettings:
    """What a gateway is told to reach the stand-in; without a certificate it logs in with the token."""
    return KsefSettings(
        KsefEnvironment.SANDBOX,
        nip,
        SINCE,
        certificate=certificate,
        token=TOKEN,
        sandbox_url=url,
        timeout_seconds=timeout_seconds,
    )


@dataclass(frozen=True)
class Ksef:
    """A stand-in that is running; ``office`` has what was sent, and the script of what goes wrong."""

    url: str
    port: int
    office: Office


@contextmanager
def running(port: int = 0, *, nip: str = OPERATOR.nip) -> Iterator[Ksef]:
    """Serve on the loopback interface until the block is left; port 0 chooses a free one."""

    class Serving(Handler):
        office = Office(nip, TOKEN)

    server = ThreadingHTTPServer((HOST, port), Serving)
    server.daemon_threads = True
    chosen = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield Ksef(f"http://{HOST}:{chosen}", chosen, Serving.office)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="sandbox.ksef", description="Stand in for KSeF.")
    parser.add_argument("--port", type=int, default=PORT, metavar="N", help="0 chooses a free one")
    parser.add_argument("--nip", default=OPERATOR.nip, help="whose invoices are taken")
    parser.add_argument("--keys", type=Path, metavar="DIR", help="write a certificate and its key there")
    options = parser.parse_args(arguments)
    if options.keys is not None:
        write_certificate(options.keys, options.nip)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with running(options.port, nip=options.nip) as ksef:
        print(json.dumps({"port": ksef.port, "url": ksef.url}), flush=True)
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
