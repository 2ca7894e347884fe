"""A year's SMS report: the daily roll-up against adding the messages up, on the same rows."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from statistics import median

import sqlalchemy as sa
from sqlalchemy.orm import Session

from benchmarks.ground import application, database_url
from models import db
from models.campaign import Campaign, CampaignKind
from models.sessions import rows_changed
from models.sms_account import SmsAccount
from queries.sms_report import By, ReportFilter, Total, message_rows, totals

YEAR = ReportFilter(date(2025, 1, 1), date(2025, 12, 31))
DAYS = 365
PIECE = 500_000
_NUMBERS = {
    "sqlite": "WITH RECURSIVE number(n) AS"
    " (SELECT :first UNION ALL SELECT n + 1 FROM number WHERE n < :last)",
    "postgresql": "WITH number AS"
    " (SELECT generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n)",
}
_DAY = {
    "sqlite": "date('2025-01-01', '+' || (n % 365) || ' days')",
    "postgresql": "DATE '2025-01-01' + CAST(n % 365 AS integer)",
}
# A campaign goes out on one day, and one text in five is a notification.
_MESSAGES = (
    "INSERT INTO message (id, idempotency_key, channel, direction, origin, status, delivery_state,"
    " campaign_id, sms_account_id, address, recipient_name, created_at, due_at, sent_at, finished_at,"
    " failures, error_code, error_text, provider_reference, sender, parts, unit_price, cost, charged_on)"
    " {numbers} SELECT n, 'sms:' || n, 'sms', 'outgoing',"
    " CASE WHEN n % 5 = 0 THEN 'event' ELSE 'campaign' END, 'sent', 'delivered',"
    " CASE WHEN n % 5 = 0 THEN NULL ELSE 1 + n % 365 END, :account, '+48600' || (n % 1000000), '',"
    " '2025-01-02', '2025-01-02', '2025-01-02', '2025-01-02', 0, '', '', '',"
    " CASE WHEN n % 7 = 0 THEN '48500100200' ELSE 'NADRZECZE' END, 1 + n % 3, 1599, (1 + n % 3) * 1599,"
    " {day} FROM number"
)
_ROLL_UP = (
    "INSERT INTO sms_day (day, account_id, sender, origin, campaign_id, messages, parts, cost)"
    " SELECT charged_on, sms_account_id, sender, origin, coalesce(campaign_id, 0), count(*), sum(parts),"
    " sum(cost) FROM message WHERE cost > 0 GROUP BY 1, 2, 3, 4, 5"
)
NOT_ASKED = ("ix_message_client_id", "ix_message_address_digest", "ix_message_rfc_message_id")
"""Indexes that neither side reads, left out while the rows are made."""


@dataclass
class Reporting:
    """Seconds of each round by how the report is added up."""

    messages: int
    lines: int = 0
    rolled_up: dict[By, list[float]] = field(default_factory=lambda: {by: [] for by in By})
    naive: dict[By, list[float]] = field(default_factory=lambda: {by: [] for by in By})

    def ratio(self, by: By) -> float:
        return median(slow / fast for slow, fast in zip(self.naive[by], self.rolled_up[by], strict=True))


def report(kind: str, directory: Path, *, messages: int, rounds: int) -> Reporting:
    """Both ways in turn, ``rounds`` times; their lines must be the same."""
    environment = {**os.environ, "DATABASE_URL": database_url(kind, directory, f"reporting_{kind}")}
    reporting = Reporting(messages)
    with application(environment):
        session = db.session()
        reporting.lines = charge(session, kind, messages)
        for _round in range(rounds):
            for by in By:
                fast, fast_seconds = _timed(partial(totals, session, YEAR, by))
                slow, slow_seconds = _timed(partial(totals, session, YEAR, by, rows=message_rows(YEAR)))
                assert fast == slow and sum(line.messages for line in fast) == messages
                reporting.rolled_up[by].append(fast_seconds)
                reporting.naive[by].append(slow_seconds)
                session.rollback()
    return reporting


def charge(session: Session, kind: str, messages: int) -> int:
    """Write so many charged messages over a year, and their roll-up; how many lines it has."""
    for index in NOT_ASKED:
        session.execute(sa.text(f"DROP INDEX IF EXISTS {index}"))
    account = session.scalars(sa.select(SmsAccount.id)).one()
    numbers = range(1, DAYS + 1)
    session.add_all(Campaign(id=n, kind=CampaignKind.CLIENTS, subject=f"Odbiory {n}") for n in numbers)
    session.flush()
    filled = sa.text(_MESSAGES.format(numbers=_NUMBERS[kind], day=_DAY[kind]))
    for first in range(1, messages + 1, PIECE):
        bounds = {"first": first, "last": min(first + PIECE - 1, messages), "account": account}
        session.execute(filled, bounds)
        session.commit()
    lines = rows_changed(session, sa.text(_ROLL_UP))
    session.commit()
    session.execute(sa.text("ANALYZE"))
    session.commit()
    if kind == "postgresql":  # as autovacuum leaves it: an index alone can then answer
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE message"))
    return lines


def report_table(results: Mapping[str, Reporting]) -> Iterator[str]:
    """Milliseconds both ways, and their ratio."""
    some = next(iter(results.values()))
    rounds = len(some.naive[By.DAY])
    yield f"SMS report of a year, {some.messages:,} messages in {some.lines:,} daily lines, {rounds} rounds:"
    yield ""
    yield "| database | added up by | roll-up, ms | messages added up, ms | ratio |"
    yield "|---|---|---:|---:|---:|"
    for kind, reporting in results.items():
        for by in By:
            fast, slow = (median(way[by]) * 1000 for way in (reporting.rolled_up, reporting.naive))
            yield f"| {kind} | {by.value} | {fast:,.1f} | {slow:,.0f} | {reporting.ratio(by):,.0f} |"


def _timed(run: Callable[[], list[Total]]) -> tuple[list[Total], float]:
    started = time.perf_counter()
    lines = run()
    return lines, time.perf_counter() - started
