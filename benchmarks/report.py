"""What was measured, as a table for the screen and a page for docs/."""

import os
import platform
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.checking import Checking
from benchmarks.delivery import ENGINES, FLOOR, POST_OFFICE, Deliveries

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
_INTRODUCTION = """# Benchmarks

Written by `python -m benchmarks --write`; `make bench` prints the same. Every figure is the median of rounds
in which the contestants took turns in one run on one machine, so compare the ratios and not the rates.
Nothing is asserted by time.
"""


def delivery_table(results: Deliveries) -> Iterator[str]:
    """Rates and their ratios."""
    rounds = len(results.rates[FLOOR])
    what = f"{results.messages:,} personalised messages of {results.size:,} bytes"
    yield f"{what}, {rounds} rounds, to postfix's smtp-sink:"
    yield ""
    yield "| contestant | messages/s | to F | to P |"
    yield "|---|---:|---:|---:|"
    for name in (FLOOR, *ENGINES.values(), POST_OFFICE):
        rate = median(results.rates[name])
        to_floor, to_office = results.ratio(name, FLOOR), results.ratio(name, POST_OFFICE)
        yield f"| {name} | {rate:,.0f} | {to_floor:.2f} | {to_office:.2f} |"
    yield ""
    frozen = ", ".join(f"{kind} {median(rates):,.0f}" for kind, rates in results.frozen.items())
    yield f"Approving them, before the ring (pre-flight, a Message and a recipient each), rows/s: {frozen}."
    yield f"django-post_office as it was fastest: {results.tuning}."
    yield "Timed from the ring to the last acknowledgement (G), without queueing (P)."


def tuning_table(results: Deliveries) -> Iterator[str]:
    """Every trial of django-post_office."""
    yield "| django-post_office | messages/s |"
    yield "|---|---:|"
    for tuning, rate in sorted(results.trials.items(), key=lambda trial: -trial[1]):
        yield f"| {tuning} | {rate:,.0f} |"


def checking_table(results: Mapping[str, Checking], clients: int) -> Iterator[str]:
    """The pre-flight both ways, and freezing."""
    pairs = next(iter(results.values())).pairs
    rounds = len(next(iter(results.values())).by_orm)
    yield f"Pre-flight of {pairs:,} among {clients:,} clients, {rounds} rounds:"
    yield ""
    yield "| database | set-based, ms | by ORM in batches, ms | ratio | approving, rows/s |"
    yield "|---|---:|---:|---:|---:|"
    for kind, checking in results.items():
        ours, theirs = median(checking.set_based) * 1000, median(checking.by_orm) * 1000
        yield f"| {kind} | {ours:,.0f} | {theirs:,.0f} | {checking.ratio:.1f} | {checking.frozen:,.0f} |"


def machine() -> str:
    """What it is measured on, now; call it before measuring, for the load is then other people's."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores of {model}, {memory:.0f} GiB, "
        f"Linux {platform.release()}, Python {platform.python_version()}; SQLite in WAL mode on disk, "
        f"PostgreSQL 18 without fsync; load average {os.getloadavg()[1]:.1f}."
    )


def write_page(where: str, parts: list[list[str]]) -> None:
    """Replace docs/benchmarks.md; ``where`` is `machine` before the run."""
    sections = "\n\n".join("\n".join(part) for part in parts)
    PAGE.write_text(f"{_INTRODUCTION}\n{where}\n\n{sections}\n", encoding="utf-8")
