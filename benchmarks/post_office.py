"""P: django-post_office, tuned: several ways to run it are tried and the fastest is measured."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.ground import NotReady, database_url
from sandbox import sessions

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Tuning:
    """One way to run it."""

    database: str
    processes: int
    threads: int
    batch_size: int

    def __str__(self) -> str:
        workers = f"{self.processes} processes × {self.threads} threads"
        return f"{self.database}, {workers}, batches of {self.batch_size}"


TUNINGS = tuple(
    Tuning(database, processes, threads, batch_size)
    for database in ("sqlite", "postgresql")
    for processes, threads in ((1, 1), (1, 5), (2, 1), (2, 2), (2, 5), (4, 1))
    for batch_size in (1000, 5000)
)


class PostOffice:
    """A process that waits to be told to send everything once more."""

    def __init__(self, process: "subprocess.Popen[str]", messages: int) -> None:
        self._process, self._messages = process, messages

    def send(self) -> float:
        """Messages per second, without queueing them."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write("send\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise NotReady("django-post_office ended")
        return self._messages / float(answer)


class Office:
    """django-post_office's databases, filled once with the letters of a file."""

    def __init__(self, directory: Path, letters: Path, *, messages: int, smtp_port: int) -> None:
        self._directory, self._letters = directory, letters
        self._messages, self._smtp_port = messages, smtp_port
        self._urls: dict[str, str] = {}

    @contextmanager
    def running(self, tuning: Tuning) -> Iterator[PostOffice]:
        """A sender that runs as the tuning says."""
        command = [sys.executable, "-m", "benchmarks.post_office_sender", str(self._letters)]
        command += [str(tuning.processes), str(self._directory / "post_office")]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **self._environment(tuning)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            if process.stdout is None or process.stdout.readline().strip() != "ready":
                raise NotReady("django-post_office did not start")
            yield PostOffice(process, self._messages)
        finally:
            sessions.kill(process.pid)
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream:
                    stream.close()

    def best(self, tunings: Sequence[Tuning] = TUNINGS) -> tuple[Tuning, dict[Tuning, float]]:
        """The fastest of one trial each, and all trials."""
        trials = {}
        for tuning in tunings:
            with self.running(tuning) as sender:
                trials[tuning] = sender.send()
        return max(trials, key=lambda tuning: trials[tuning]), trials

    def _environment(self, tuning: Tuning) -> dict[str, str]:
        if tuning.database not in self._urls:
            name = f"post_office_{self._letters.stem}"
            self._urls[tuning.database] = database_url(tuning.database, self._directory, name)
        return {
            "DJANGO_SETTINGS_MODULE": "benchmarks.post_office_settings",
            "BENCH_DATABASE": self._urls[tuning.database],
            "BENCH_SMTP_PORT": str(self._smtp_port),
            "BENCH_BATCH_SIZE": str(tuning.batch_size),
            "BENCH_THREADS": str(tuning.threads),
        }
