"""Two transactions that cross: one stops at a statement while the other goes as far as it can."""

import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from models import db

Work = Callable[[Session], object]
LOCKS = re.compile(
    r"(?:UPDATE|INSERT INTO|DELETE FROM|LOCK TABLE) (\w+)|SELECT.* FROM (\w+) .*FOR (?:NO|UPD)", re.S
)
PATIENCE = 20.0
A_WHILE = 0.3


class _Stopped:
    """Stops one thread behind the first statement that locks rows of its n-th table."""

    def __init__(self, engine: Engine, place: int) -> None:
        self._engine, self._left = engine, place
        self._thread: int | None = None
        self._locked: set[str] = set()
        self.reached, self.go_on = threading.Event(), threading.Event()

    def __enter__(self) -> "_Stopped":
        sa.event.listen(self._engine, "after_cursor_execute", self._count)
        return self

    def __exit__(self, *_error: object) -> None:
        sa.event.remove(self._engine, "after_cursor_execute", self._count)

    def stopping(self, run: Callable[[Work], None], work: Work) -> None:
        """Do it in this thread; another's statements are not counted."""
        self._thread = threading.get_ident()
        try:
            run(work)
        finally:
            self._thread = None

    def _count(self, _connection: Any, _cursor: Any, statement: str, *_more: object) -> None:
        found = LOCKS.match(statement)
        table = found and (found[1] or found[2])
        if table is None or table in self._locked or threading.get_ident() != self._thread:
            return
        self._locked.add(table)
        self._left -= 1
        if not self._left:
            self.reached.set()
            assert self.go_on.wait(PATIENCE)


def cross(app: Flask, first: Work, second: Work, place: int) -> bool:
    """``first`` stops when it has locked rows of ``place`` tables until ``second`` is done or waits.

    Whether it locks rows of so many. What either of them raises is raised.
    """
    with _Stopped(db.engine, place) as stop, ThreadPoolExecutor(2) as pool:

        def run(work: Work) -> None:
            with app.app_context(), Session(db.engine) as session:
                work(session)
                db.session.remove()

        one = pool.submit(stop.stopping, run, first)
        until(lambda: stop.reached.is_set() or one.done())
        other = pool.submit(run, second)
        try:
            until(lambda: other.done() or somebody_waits())
        finally:
            stop.go_on.set()
        one.result(PATIENCE)
        other.result(PATIENCE)
    return stop.reached.is_set()


def until(happened: Callable[[], bool]) -> None:
    """Wait for it."""
    ends_at = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < ends_at, "neither of them goes on"
        time.sleep(0.002)


def somebody_waits() -> bool:
    """Whether a transaction of this database waits for another's lock. SQLite does not say: whoever is not
    done after a while waits there.
    """
    if db.engine.dialect.name == "sqlite":
        time.sleep(A_WHILE)
        return True
    waits = sa.text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with db.engine.connect() as connection:
        return bool(connection.scalar(waits))
