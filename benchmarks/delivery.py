"""F, G and P in turn, round after round, to one sink, with the same letters."""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from email import message_from_bytes
from email.header import decode_header, make_header
from pathlib import Path
from statistics import mean, median

from benchmarks.engine import engine_on
from benchmarks.floor import send_prebuilt
from benchmarks.ground import DATABASES, smtp_sink
from benchmarks.post_office import TUNINGS, Office, Tuning

FLOOR = "F: one smtplib process, prebuilt bytes"
POST_OFFICE = "P: django-post_office"
ENGINES = {kind: f"G: two RQ workers, {kind}" for kind in DATABASES}


@dataclass
class Deliveries:
    """Messages per second of each round, by contestant."""

    messages: int
    size: int = 0
    rates: dict[str, list[float]] = field(default_factory=dict)
    frozen: dict[str, list[float]] = field(default_factory=dict)
    tuning: Tuning | None = None
    trials: dict[Tuning, float] = field(default_factory=dict)

    def add(self, name: str, rate: float) -> None:
        self.rates.setdefault(name, []).append(rate)

    def ratio(self, name: str, to: str) -> float:
        """The median of the rounds' own ratios."""
        return median(a / b for a, b in zip(self.rates[name], self.rates[to], strict=True))


def deliver(
    directory: Path, *, messages: int, rounds: int, tunings: Sequence[Tuning] = TUNINGS
) -> Deliveries:
    """Every contestant once a round. The first round of each warms up and is not counted."""
    results = Deliveries(messages)
    with ExitStack() as stack:
        port = stack.enter_context(smtp_sink())
        engines = {
            kind: stack.enter_context(engine_on(kind, directory, smtp_port=port, messages=messages))
            for kind in DATABASES
        }
        for engine in engines.values():
            engine.send_campaign()
        letters = engines["sqlite"].letters()
        results.size = round(mean(len(payload) for _recipient, payload in letters))
        send_prebuilt(port, letters)
        for name, count in (("few", min(2000, messages)), ("letters", messages)):
            (directory / f"{name}.json").write_text(json.dumps(_as_text(letters[:count])))
        few = Office(directory, directory / "few.json", messages=min(2000, messages), smtp_port=port)
        results.tuning, results.trials = few.best(tunings)
        office = Office(directory, directory / "letters.json", messages=messages, smtp_port=port)
        sender = stack.enter_context(office.running(results.tuning))
        for number in range(rounds):
            results.add(FLOOR, send_prebuilt(port, letters))
            for kind, engine in engines.items():
                delivery = engine.send_campaign()
                results.add(ENGINES[kind], delivery.rate)
                results.frozen.setdefault(kind, []).append(delivery.frozen)
            results.add(POST_OFFICE, sender.send())
            print(f"round {number + 1}: {_line(results)}", flush=True)
    return results


def _line(results: Deliveries) -> str:
    return ", ".join(f"{name.partition(':')[0]} {rates[-1]:,.0f}/s" for name, rates in results.rates.items())


def _as_text(letters: Sequence[tuple[str, bytes]]) -> list[dict[str, str]]:
    """The same letters as a Django project would hand them over: decoded."""
    decoded = []
    for recipient, payload in letters:
        message = message_from_bytes(payload)
        text, html = (part.get_payload(decode=True) for part in message.get_payload())  # type: ignore[union-attr]
        decoded.append(
            {
                "to": recipient,
                "subject": str(make_header(decode_header(message["Subject"]))),
                "text": text.decode(),  # type: ignore[union-attr]
                "html": html.decode(),  # type: ignore[union-attr]
                "unsubscribe": message["List-Unsubscribe"].replace("\r\n", ""),
            }
        )
    return decoded
