"""Real workers, a real queue server and a real far end, and a killer who watches the database."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from domain.delivery import UNFINISHED, Status
from extensions.queues import Doorbell
from models import db
from models.message import DeliveryClaim, Message
from sandbox import sessions, valkey
from services.ring_deliveries import ring_campaign

ROOT = Path(__file__).resolve().parents[2]
WORKERS = 2
PATIENCE = 120.0
LATER = timedelta(days=1)


class TookTooLong(AssertionError):
    """What was waited for did not come; the text says what."""


@dataclass(frozen=True)
class Plan:
    """How many recipients and kills, half of them in mid-answer; the queue server dies twice."""

    recipients: int
    kills: int

    @property
    def portion(self) -> int:
        """Messages made due before each kill, so that there is work whenever one is due."""
        return self.recipients // (2 * self.kills)

    def withholds(self, number: int) -> bool:
        return number % 2 == 1

    def empties_queue(self, number: int) -> bool:
        return number in (self.kills // 3, 2 * self.kills // 3)


@dataclass
class Result:
    """What became of everybody."""

    statuses: Counter[Status]
    sent: set[str]
    caught: Mapping[str, int]
    kills: int = 0
    kills_in_mid_answer: int = 0
    queue_emptied: int = 0
    ended_by_themselves: list[int] = field(default_factory=list)

    def __str__(self) -> str:
        counts = ", ".join(f"{status.value} {count}" for status, count in sorted(self.statuses.items()))
        twice = sum(times > 1 for times in self.caught.values())
        return (
            f"{counts}; caught {sum(self.caught.values())} for {len(self.caught)} addresses, {twice} twice; "
            f"kills {self.kills}, in mid-answer {self.kills_in_mid_answer}, "
            f"queue emptied {self.queue_emptied}"
        )


class FarEnd(Protocol):
    """Where the messages go: a mail sink, telephones, or an SMSC."""

    @property
    def environment(self) -> Mapping[str, str]: ...
    def caught(self) -> dict[str, int]: ...
    def waiting(self) -> int: ...
    def switch(self, what: str) -> None: ...


class Trade(Protocol):
    """What is sent, and where to: one of ``tests.chaos.far_ends``."""

    def running(self, directory: Path) -> AbstractContextManager[FarEnd]: ...
    def freeze(self, recipients: int) -> tuple[int, list[int]]: ...


class Workers:
    """A fixed number of worker processes, each in a session of its own."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._environment, self._log = environment, log
        self.running: list[subprocess.Popen[bytes]] = []
        self.ended_by_themselves: list[int] = []

    def start_missing(self) -> None:
        for process in list(self.running):
            if process.poll() is not None:
                self.ended_by_themselves.append(process.returncode)
                self.running.remove(process)
        while len(self.running) < WORKERS:
            with self._log.open("ab") as log:
                command = [sys.executable, "worker.py"]
                process = sessions.start(command, environment=self._environment, directory=ROOT, output=log)
            self.running.append(process)

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        process.kill()
        process.wait()
        sessions.kill(process.pid)
        self.running.remove(process)

    def finish(self) -> None:
        """Let each end what it is at: an answer later than its lease still decides its message."""
        for process in self.running:
            process.terminate()
        wait_for(lambda: all(process.poll() is not None for process in self.running), "the workers to end")

    def kill_all(self) -> None:
        for process in list(self.running):
            self.kill(process)


class Killing:
    """One run of a plan against the database of the current application context."""

    def __init__(self, plan: Plan, trade: Trade, directory: Path, database_url: str) -> None:
        self.plan, self._trade = plan, trade
        self._directory, self._database_url = directory, database_url
        self._result = Result(Counter(), set(), {})

    def run(self) -> Result:
        """Send to everybody while workers and queue servers die; what became of it."""
        data = self._directory / "valkey"
        self._queue = valkey.start(data, append_only=False)
        self._doorbell = Doorbell(self._queue.url)
        try:
            with self._trade.running(self._directory) as self._far_end:
                self._freeze()
                self._workers = Workers(self._environment(), self._directory / "workers.log")
                try:
                    for number in range(self.plan.kills):
                        self._kill_one(number)
                    self._let_the_rest_go_out()
                finally:
                    self._workers.kill_all()
                return self._count()
        finally:
            self._queue.stop()

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": self._database_url,
            "REDIS_URL": self._queue.url,
            "FILES_DIR": str(self._directory / "files"),
            **self._far_end.environment,
            "DELIVERY_LEASE": "1",
            "SWEEP_INTERVAL": "1",
            "DELIVERY_CLAIM_SIZE": "20",
        }

    def _freeze(self) -> None:
        """The whole audience is frozen, and nothing is due yet."""
        self._campaign, self._ids = self._trade.freeze(self.plan.recipients)
        self._due = 0
        _execute(sa.update(Message).values(due_at=datetime.now(UTC) + LATER))

    def _make_due(self, count: int) -> None:
        ids = self._ids[self._due : self._due + count]
        self._due += len(ids)
        if ids:
            chosen = Message.id.between(ids[0], ids[-1])
            _execute(sa.update(Message).where(chosen).values(due_at=datetime.now(UTC)))
        ring_campaign(db.session(), self._campaign, now=datetime.now(UTC), enqueue=self._doorbell.ring)
        db.session.rollback()

    # --- killing ---

    def _kill_one(self, number: int) -> None:
        self._workers.start_missing()
        withholds = self.plan.withholds(number)
        if withholds:
            self._far_end.switch("withhold")
        self._make_due(self.plan.portion)
        if self.plan.empties_queue(number):
            self._empty_queue()
        deadline = time.monotonic() + PATIENCE
        while not self._try_to_kill(in_mid_answer=withholds):
            if time.monotonic() > deadline:
                raise TookTooLong(f"no worker to kill for kill {number}: {self._statuses()}")
            self._workers.start_missing()
            if not self._unfinished_and_due():
                self._make_due(self.plan.portion // 4 or 1)
            time.sleep(0.005)
        if withholds:
            self._far_end.switch("release")
        self._workers.start_missing()

    def _try_to_kill(self, *, in_mid_answer: bool) -> bool:
        """Stop each worker in turn and look: one that holds an unfinished claim is killed."""
        if in_mid_answer and not self._far_end.waiting():
            return False
        for process in self._workers.running:
            os.kill(process.pid, signal.SIGSTOP)  # so that it cannot finish while we look
            first = self._first_unanswered(process.pid)
            if first and (not in_mid_answer or first in self._far_end.caught()):
                self._workers.kill(process)
                self._result.kills += 1
                self._result.kills_in_mid_answer += in_mid_answer
                return True
            os.kill(process.pid, signal.SIGCONT)
        return False

    def _first_unanswered(self, pid: int) -> str | None:
        address = db.session.scalar(
            sa.select(Message.address)
            .join(DeliveryClaim, DeliveryClaim.id == Message.claim_id)
            .where(DeliveryClaim.closed_at.is_(None), DeliveryClaim.worker.endswith(f":{pid}"))
            .order_by(Message.id)
            .limit(1)
        )
        db.session.rollback()
        return address

    def _empty_queue(self) -> None:
        """The queue server is killed with all it holds and comes back empty."""
        port = int(self._queue.url.rpartition(":")[2].partition("/")[0])
        self._queue.kill()
        shutil.rmtree(self._directory / "valkey")
        self._queue = valkey.start(self._directory / "valkey", port=port, append_only=False)
        self._result.queue_emptied += 1

    # --- the end ---

    def _let_the_rest_go_out(self) -> None:
        self._workers.start_missing()
        self._make_due(len(self._ids))

        def done() -> bool:
            self._workers.start_missing()
            return not any(self._statuses()[status] for status in UNFINISHED)

        wait_for(done, "the end of the campaign", step=0.1)
        self._workers.finish()

    def _statuses(self) -> Counter[Status]:
        rows = db.session.execute(sa.select(Message.status, sa.func.count()).group_by(Message.status)).all()
        db.session.rollback()
        return Counter(dict(rows))

    def _unfinished_and_due(self) -> bool:
        due = sa.exists().where(Message.status.in_(UNFINISHED), Message.due_at <= datetime.now(UTC))
        found = db.session.scalar(sa.select(due))
        db.session.rollback()
        return bool(found)

    def _count(self) -> Result:
        result = self._result
        result.statuses = self._statuses()
        result.sent = set(db.session.scalars(sa.select(Message.address).where(Message.status == Status.SENT)))
        result.caught = self._far_end.caught()
        result.ended_by_themselves = self._workers.ended_by_themselves
        return result


def wait_for(condition: Callable[[], bool], what: str, *, step: float = 0.02) -> None:
    """Poll until the condition holds; TookTooLong after PATIENCE seconds."""
    if not sessions.wait_until(condition, PATIENCE, step):
        raise TookTooLong(f"waited {PATIENCE:.0f} s for {what}")


def _execute(statement: Any) -> None:
    db.session.execute(statement.execution_options(synchronize_session=False))
    db.session.commit()
