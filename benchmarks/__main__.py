"""`make bench`: measure delivery, pre-flight, the way to an SMS gateway and the SMS report, and compare.

python -m benchmarks [--quick] [--write] [--only delivery|preflight|segments|sms|report]
"""

import argparse
import logging
import sys
import tempfile
from pathlib import Path

from benchmarks.checking import check
from benchmarks.delivery import deliver
from benchmarks.ground import DATABASES, SMTP_SINK
from benchmarks.post_office import TUNINGS
from benchmarks.report import checking_table, delivery_table, machine, tuning_table, write_page
from benchmarks.segments import counting, counting_table
from benchmarks.sms_report import report, report_table
from benchmarks.sms_transport import transport, transport_table


def main() -> int:
    options = parse()
    logging.getLogger("alembic").setLevel(logging.WARNING)
    parts: list[list[str]] = []
    with tempfile.TemporaryDirectory(prefix="goniec-bench-") as temporary:
        directory = Path(temporary)
        directory.chmod(0o755)  # PostgreSQL runs as another user
        where = machine()
        print(where, flush=True)
        if options.only in (None, "delivery"):
            parts += measure_delivery(directory, options)
        if options.only in (None, "preflight"):
            results = {
                kind: check(
                    kind,
                    directory,
                    clients=options.clients,
                    audience=options.clients // 10,
                    rounds=options.rounds,
                )
                for kind in DATABASES
            }
            parts.append(list(checking_table(results, options.clients)))
            print("\n" + "\n".join(parts[-1]), flush=True)
        if options.only in (None, "segments"):
            counted = counting(texts=options.messages * 5, rounds=options.rounds)
            parts.append(list(counting_table(counted)))
            print("\n" + "\n".join(parts[-1]), flush=True)
        if options.only in (None, "sms"):
            parts.append(list(transport_table(transport(texts=options.messages, rounds=options.rounds))))
            print("\n" + "\n".join(parts[-1]), flush=True)
        if options.only in (None, "report"):
            reports = {
                kind: report(kind, directory, messages=options.charged, rounds=options.rounds)
                for kind in DATABASES
            }
            parts.append(list(report_table(reports)))
            print("\n" + "\n".join(parts[-1]), flush=True)
    if options.write:
        write_page(where, parts)
    return 0


def measure_delivery(directory: Path, options: argparse.Namespace) -> list[list[str]]:
    """The delivery tables; a sentence where postfix's smtp-sink is not installed."""
    if SMTP_SINK is None:
        reason = "Delivery was not measured: smtp-sink is not installed (Debian: apt-get install postfix)."
        print(reason)
        return [[reason]]
    tunings = TUNINGS[:2] if options.quick else TUNINGS
    results = deliver(directory, messages=options.messages, rounds=options.rounds, tunings=tunings)
    parts = [list(delivery_table(results)), list(tuning_table(results))]
    for part in parts:
        print("\n" + "\n".join(part), flush=True)
    return parts


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure delivery, pre-flight and SMS."
    )
    parser.add_argument("--messages", type=int, metavar="N")
    parser.add_argument("--clients", type=int, metavar="N", help="of whom a tenth is the audience")
    parser.add_argument("--charged", type=int, metavar="N", help="messages of the SMS report")
    parser.add_argument("--rounds", type=int, metavar="N")
    parser.add_argument("--only", choices=("delivery", "preflight", "segments", "sms", "report"))
    parser.add_argument("--quick", action="store_true", help="small numbers, to see that it runs")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    options = parser.parse_args()
    small = options.quick
    options.messages = options.messages or (500 if small else 10_000)
    options.clients = options.clients or (10_000 if small else 1_000_000)
    options.charged = options.charged or (100_000 if small else 10_000_000)
    options.rounds = options.rounds or (1 if small else 5)
    return options


if __name__ == "__main__":
    sys.exit(main())
