"""The real Kannel between our gateway and our stand-in for an SMSC: a third party that knows both protocols.

What it makes of a text is what the stand-in reads, and what the stand-in says is what Kannel understands: so
neither the stand-in nor the GSM alphabet is right only in our own eyes.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from domain.delivery import DeliveryState
from domain.outcomes import Accepted
from domain.text_messages import DeliveryReport, IncomingText, TextMessage
from gateways.kannel import KannelGateway
from gateways.kannel_callbacks import delivery_reports, incoming_text
from gateways.smpp import SmppGateway
from sandbox import smpp_pdus
from sandbox.smsc import SandboxSmsc
from sandbox.smsc_exchange import Text
from tests.gateways.kannel_boxes import MISSING, is_installed, kannel_over_smpp

pytestmark = pytest.mark.skipif(not is_installed(), reason=MISSING)
NUMBER = "+48600100200"
TEXTS = [
    "Hello!",
    "[za] 100 € ~ {tyle} | \\ ^",
    "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà",
    "Zażółć gęślą jaźń 😀",
    "a" * 152 + "€" * 100,
    "ż" * 66 + "😀" * 67,
]
WAIT_SECONDS = 60.0


@dataclass
class Panel:
    """What Kannel calls back with, read as the webhook reads it."""

    url: str = ""
    reports: list[DeliveryReport] = field(default_factory=list)
    texts: list[IncomingText] = field(default_factory=list)


@contextmanager
def panel() -> Iterator[Panel]:
    told = Panel()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if url.path == "/report":
                told.reports += delivery_reports(dict(parse_qsl(url.query, keep_blank_values=True)))
            else:
                told.texts.append(incoming_text(url.query.encode()))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def until(smsc: SandboxSmsc, count: int) -> list[Text]:
    deadline = time.monotonic() + WAIT_SECONDS
    while len(smsc.taken()) < count and time.monotonic() < deadline:
        time.sleep(0.02)
    return smsc.taken()


def text(written: str, reference: str) -> TextMessage:
    return TextMessage(NUMBER, written, "Goniec", reference)


def test_what_kannel_writes_the_stand_in_reads_and_our_own_gateway_writes_the_same(tmp_path: Path) -> None:
    with SandboxSmsc() as smsc, SandboxSmsc() as other:
        with kannel_over_smpp(tmp_path, "http://127.0.0.1:9/", smsc.settings) as settings:
            gateway = KannelGateway(settings)
            for place, written in enumerate(TEXTS):
                assert gateway.send(text(written, f"r-{place}")) == Accepted()
            theirs = until(smsc, len(TEXTS))
        ours = SmppGateway(other.settings)
        for place, written in enumerate(TEXTS):
            assert isinstance(ours.send(text(written, f"r-{place}")), Accepted)
        ours.close()
        assert sorted(taken.text for taken in theirs) == sorted(TEXTS)
        assert wire(theirs) == wire(other.taken())


def wire(texts: list[Text]) -> list[object]:
    """What stands on the wire, but for the numbers that join parts and the wish for reports."""
    parts = [part for taken in texts for part in taken.parts]
    return sorted(
        (part.source, part.destination, part.coding, part.header[:3] + part.header[4:], part.content)
        for part in parts
    )


def test_what_the_stand_in_says_kannel_understands(tmp_path: Path) -> None:
    with SandboxSmsc() as smsc, panel() as told:
        with kannel_over_smpp(tmp_path, f"{told.url}/incoming", smsc.settings) as settings:
            gateway = KannelGateway(settings, f"{told.url}/report")
            assert gateway.send(text("ą" * 100, "r-1")) == Accepted()
            [taken] = until(smsc, 1)
            assert smsc.report(taken.ids[-1], "ENROUTE") == 0
            assert smsc.report(taken.ids[-1]) == 0
            assert smsc.write(NUMBER, "TAK € 😀") == 0
            content, coding = smpp_pdus.encode("ż" * 100)
            for place, piece in enumerate((content[:134], content[134:]), 1):
                header = bytes((5, 0, 3, 9, 2, place))
                body = smpp_pdus.delivered(NUMBER[1:], "48123", header + piece, coding=coding, esm_class=0x40)
                assert smsc.deliver(body) == 0
            deadline = time.monotonic() + WAIT_SECONDS
            while (len(told.texts) < 2 or len(told.reports) < 3) and time.monotonic() < deadline:
                time.sleep(0.02)
        # Each call is made by itself, so they arrive in any order.
        assert sorted(report.code for report in told.reports) == ["ACCEPTED", "BUFFERED", "DELIVERED"]
        assert {report.reference for report in told.reports} == {"r-1"}
        assert [r.state for r in told.reports if r.code == "DELIVERED"] == [DeliveryState.DELIVERED]
        assert {(each.sender, each.text) for each in told.texts} == {
            (NUMBER, "TAK € 😀"),
            (NUMBER, "ż" * 100),
        }
