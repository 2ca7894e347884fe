"""Processes in sessions of their own: start one bound to this process, see what it left, end it.

A child's own children do not inherit the leash (fork clears PR_SET_PDEATHSIG) and may change their process
group, as RQ's work horse does; but they keep the session. So a session is what is ended, and the guard, a
process that reads a pipe from the starter, ends every session it was told of once the starter is gone.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

LEASH = Path(__file__).with_name("leash.py")


def start(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    output: IO[bytes] | int | None = None,
    inherited: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start `command` as the leader of a new session; it is killed when this process's main thread ends.

    `output` receives both its streams; `inherited` are file descriptors it keeps open. Call it from the main
    thread: the kernel watches the thread that forked, not the process.
    """
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), *command],
        env=None if environment is None else dict(environment),
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        pass_fds=tuple(inherited),
        start_new_session=True,
    )


def members(session: int) -> list[int]:
    """Ids of the living processes of a session, zombies left out (proc(5), /proc/PID/stat)."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended while we looked
            if int(fields[3]) == session and fields[0] not in "ZX":
                found.append(int(entry.name))
    return found


def kill(session: int) -> None:
    """SIGKILL every process of a session, those that were forked meanwhile included."""
    while living := members(session):
        for process in living:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.005)  # a killed process leaves /proc only when the kernel gets to it


def wait_until(condition: Callable[[], bool], seconds: float, step: float = 0.02) -> bool:
    """Poll `condition` until it holds, at most `seconds`; tells whether it did."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(step)
    return True


class Guard:
    """A small process that outlives this one by a moment and ends the sessions this one left behind."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.sessions"],
            stdin=subprocess.PIPE,
            start_new_session=True,
            cwd=Path(__file__).resolve().parent.parent,
        )

    def watch(self, session: int) -> None:
        self._tell(f"+{session}\n")

    def forget(self, session: int) -> None:
        """A session that ended; its number may be given to somebody else's."""
        self._tell(f"-{session}\n")

    def close(self) -> None:
        """End the guard, and with it whatever session it still watches."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode())
        self._process.stdin.flush()


def guard() -> None:
    """The guard's own loop: its standard input ends when the process that started it closes it or dies."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    watched: set[int] = set()
    for line in sys.stdin:
        session = int(line[1:])
        if line.startswith("+"):
            watched.add(session)
        else:
            watched.discard(session)
    for session in watched:
        kill(session)


if __name__ == "__main__":
    guard()
