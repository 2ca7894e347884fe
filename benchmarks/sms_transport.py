"""Handing texts to an SMS gateway over HTTP: ours against the same form posted with requests.Session.

Both keep one connection, send the same fields to the same local server and read its id from the answer; ours
also counts the parts and checks the answer as it does in production.
"""

import importlib
import importlib.util
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from urllib.parse import urlencode
from uuid import uuid4

from benchmarks.ground import NotReady
from domain.outcomes import Accepted
from domain.text_messages import TextMessage
from gateways.smsapi import SmsapiGateway, SmsapiSettings
from sandbox import sessions

OURS, REQUESTS, BARE = "Goniec", "requests.Session", "a bare socket, answers unread"
TOKEN = "a-token"
TEXT = "Dzień dobry, zapraszamy po odbiór kluczy do lokalu A12 w czwartek o 10:00. Biuro sprzedaży Nowa"


@dataclass(frozen=True)
class Transport:
    """Texts per second of each contestant, round by round."""

    texts: int
    rates: dict[str, list[float]] = field(default_factory=lambda: {OURS: [], REQUESTS: [], BARE: []})

    @property
    def ratio(self) -> float:
        """Ours to theirs, the median of the rounds' ratios."""
        return median(
            ours / theirs for ours, theirs in zip(self.rates[OURS], self.rates[REQUESTS], strict=True)
        )


def transport(*, texts: int, rounds: int) -> Transport | None:
    """Measure; None, and a sentence, where requests is not installed."""
    if importlib.util.find_spec("requests") is None:
        return None
    results = Transport(texts)
    contestants = {OURS: _ours, REQUESTS: _requests, BARE: _bare}
    with _responder() as port:
        for run in contestants.values():  # imports and caches are nobody's cost
            run(port, _messages(50))
        for turn in range(rounds):
            names = list(contestants) if turn % 2 == 0 else list(reversed(contestants))
            for name in names:
                results.rates[name].append(_rate(contestants[name], port, _messages(texts)))
    return results


def transport_table(results: Transport | None) -> Iterator[str]:
    """Rates and the ratio."""
    if results is None:
        yield "Handing texts over was not measured: requests is not installed."
        return
    rounds = len(results.rates[OURS])
    yield f"{results.texts:,} texts over one kept connection, {rounds} rounds, to a local HTTP server:"
    yield ""
    yield "| contestant | texts/s | to requests |"
    yield "|---|---:|---:|"
    theirs = results.rates[REQUESTS]
    for name, rates in results.rates.items():
        ratio = median(rate / other for rate, other in zip(rates, theirs, strict=True))
        yield f"| {name} | {median(rates):,.0f} | {ratio:.1f} |"


def _messages(count: int) -> list[TextMessage]:
    return [TextMessage("+48600100200", TEXT, "Goniec", str(uuid4())) for _ in range(count)]


def _rate(
    run: Callable[[int, Sequence[TextMessage]], int], port: int, messages: Sequence[TextMessage]
) -> float:
    started = time.perf_counter()
    taken = run(port, messages)
    elapsed = time.perf_counter() - started
    assert taken == len(messages)
    return taken / elapsed


def _ours(port: int, messages: Sequence[TextMessage]) -> int:
    gateway = SmsapiGateway(SmsapiSettings(f"http://127.0.0.1:{port}", TOKEN))
    taken = sum(isinstance(gateway.send(message), Accepted) for message in messages)
    gateway.close()
    return taken


def _requests(port: int, messages: Sequence[TextMessage]) -> int:
    """As one writes it, but for the environment's proxies and .netrc, which it looks for at every request."""
    taken = 0
    with importlib.import_module("requests").Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {TOKEN}"
        for message in messages:
            answer = session.post(
                f"http://127.0.0.1:{port}/sms.do", data=_form(message), timeout=10, allow_redirects=False
            )
            answer.raise_for_status()
            taken += bool(answer.json()["list"][0]["id"])
    return taken


def _bare(port: int, messages: Sequence[TextMessage]) -> int:
    """What the server and the loopback allow."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for message in messages:
            body = urlencode(_form(message)).encode()
            connection.sendall(b"POST /sms.do HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            assert connection.recv(65536)
    return len(messages)


def _form(message: TextMessage) -> dict[str, str]:
    return {
        "format": "json",
        "encoding": "utf-8",
        "check_idx": "1",
        "details": "1",
        "nounicode": "0",
        "to": message.number[1:],
        "idx": message.reference,
        "max_parts": str(message.most_parts),
        "from": message.sender,
        "message": message.text,
    }


@contextmanager
def _responder() -> Iterator[int]:
    """The server, in a process of its own; its port."""
    command = [sys.executable, "-m", "benchmarks.sms_responder"]
    process = sessions.start(command, output=subprocess.PIPE)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.strip().isdigit():
            raise NotReady("The local SMS server did not start.")
        yield int(line)
    finally:
        sessions.kill(process.pid)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
