"""Keep a handful of named processes running on one machine, and leave none behind.

Children start in order, each once the one before it is ready; one that dies is started again after a growing
pause; a stop ends them in reverse order. One thread does it all: the kernel binds a child to the thread that
started it.
"""

import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Self, TextIO

from sandbox import sessions
from sandbox.listening import listens

STILL_STARTING_EVERY = 15.0
SHORTEST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY_AFTER = 30.0


class ChildFailed(Exception):
    """A child ended before it was ready, or did not become ready in time."""


@dataclass(frozen=True, kw_only=True)
class Child:
    """One process to keep running.

    After the start, for at most `patience` seconds: it is ready once it listens on all `ports` itself and
    `ready` holds. `inherited` are file descriptors it keeps open.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] | None = None
    directory: Path | None = None
    ready: Callable[[], bool] | None = None
    patience: float = 30.0
    ports: Sequence[int] = ()
    inherited: Sequence[int] = ()


@dataclass(kw_only=True)
class _Running:
    child: Child
    process: subprocess.Popen[bytes]
    started: float
    pause: float = SHORTEST_PAUSE
    restart_at: float | None = None
    unfinished: bytes = b""
    ended: bool = field(default=False)


class Supervisor:
    """Starts children, watches them and stops them; a context manager, so that an exception stops them too.

    `deadline` is how many seconds a child has between SIGTERM and SIGKILL; `pause` how many pass before the
    first restart; `news` after how many, again and again, a slow start is said to be under way.
    """

    def __init__(
        self,
        *,
        output: TextIO | None = None,
        deadline: float = 8.0,
        pause: float = SHORTEST_PAUSE,
        news: float = STILL_STARTING_EVERY,
    ) -> None:
        self._output = output or sys.stdout
        self._deadline = deadline
        self._pause = pause
        self._news = news
        self._running: dict[str, _Running] = {}
        self._selector = selectors.DefaultSelector()
        self._guard = sessions.Guard()
        self._stop_asked = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    @property
    def stop_asked(self) -> bool:
        return self._stop_asked

    def stop_on_signals(self) -> None:
        """Make Ctrl-C, SIGTERM and SIGHUP end `watch` instead of this process."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stop_asked = True

    def start(self, child: Child) -> None:
        """Start a child and wait until it is ready; raise ChildFailed when it will not be."""
        running = self._launch(child)
        deadline, say_at = running.started + child.patience, running.started + self._news
        while not self._stop_asked and not _ready(running):
            self._turn(0.05)
            if running.ended:
                raise ChildFailed(_why(running))
            if time.monotonic() > deadline:
                raise ChildFailed(f"{child.name} was not ready within {child.patience:g} seconds")
            if time.monotonic() > say_at:
                self._say(child.name, "still starting…")
                say_at += self._news

    def pid(self, name: str) -> int:
        """The process id of a child: of its latest start."""
        return self._running[name].process.pid

    def watch(self, seconds: float | None = None) -> None:
        """Pass output on and restart what dies, until a stop is asked for or `seconds` have passed."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while not self._stop_asked and (deadline is None or time.monotonic() < deadline):
            self._turn(0.2)

    def stop(self) -> None:
        """Stop all children in reverse order: SIGTERM and, past the deadline, SIGKILL to the session."""
        for running in reversed(list(self._running.values())):
            if not running.ended:
                self._stop_one(running)
        self._running.clear()
        self._guard.close()
        self._selector.close()

    def _stop_one(self, running: _Running) -> None:
        running.process.terminate()
        deadline = time.monotonic() + self._deadline
        while running.process.poll() is None and time.monotonic() < deadline:
            self._pass_output_on(0.05)
        self._bury(running)

    def _launch(self, child: Child) -> _Running:
        process = sessions.start(
            child.command,
            environment=child.environment,
            directory=child.directory,
            output=subprocess.PIPE,
            inherited=child.inherited,
        )
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        self._guard.watch(process.pid)
        running = _Running(child=child, process=process, started=time.monotonic(), pause=self._pause)
        self._running[child.name] = running
        self._selector.register(process.stdout, selectors.EVENT_READ, running)
        return running

    def _turn(self, timeout: float) -> None:
        self._pass_output_on(timeout)
        for running in list(self._running.values()):
            if not running.ended and running.process.poll() is not None:
                self._note_death(running)
            elif running.restart_at is not None and time.monotonic() >= running.restart_at:
                self._launch(running.child).pause = min(running.pause * 2, LONGEST_PAUSE)

    def _note_death(self, running: _Running) -> None:
        if time.monotonic() - running.started > STEADY_AFTER:
            running.pause = self._pause
        running.restart_at = time.monotonic() + running.pause
        self._bury(running)
        self._say(
            running.child.name,
            f"ended with {running.process.returncode}; starting it again in {running.pause:g} s",
        )

    def _bury(self, running: _Running) -> None:
        """End what a child leaves in its session, then read the rest of its output."""
        session = running.process.pid
        sessions.kill(session)
        running.process.wait()
        self._guard.forget(session)
        assert running.process.stdout is not None
        self._read(running)
        if running.process.stdout in self._selector.get_map():
            self._selector.unregister(running.process.stdout)
        running.process.stdout.close()
        running.ended = True

    def _pass_output_on(self, timeout: float) -> None:
        if not self._selector.get_map():
            time.sleep(timeout)
            return
        for key, _events in self._selector.select(timeout):
            self._read(key.data)

    def _read(self, running: _Running) -> None:
        assert running.process.stdout is not None
        while True:
            try:
                piece = os.read(running.process.stdout.fileno(), 65536)
            except BlockingIOError:
                return
            if not piece:
                break
            *lines, running.unfinished = (running.unfinished + piece).split(b"\n")
            for line in lines:
                self._say(running.child.name, line.decode(errors="replace"))
        if running.unfinished:
            self._say(running.child.name, running.unfinished.decode(errors="replace"))
            running.unfinished = b""
        if running.process.stdout in self._selector.get_map():
            self._selector.unregister(running.process.stdout)

    def _say(self, name: str, line: str) -> None:
        self._output.write(f"{name:<10} | {line}\n")
        self._output.flush()


def _ready(running: _Running) -> bool:
    child = running.child
    if child.ports and not listens(running.process.pid, child.ports):
        return False
    return child.ready is None or child.ready()


def _why(running: _Running) -> str:
    """Why a child that ended was never ready: its port is another program's, or what it said itself."""
    child = running.child
    for port in child.ports:
        if port_answers(port):
            return f"{child.name} cannot listen on port {port}: another program on this machine has taken it"
    return f"{child.name} ended with {running.process.returncode} before it was ready"


def port_answers(port: int, host: str = "127.0.0.1") -> bool:
    """Whether something accepts TCP connections there."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, port)) == 0


def free_port(preferred: int = 0, host: str = "127.0.0.1", taken: Sequence[int] = ()) -> int:
    """The preferred port, or the next one that is free; with 0, any. `taken` are promised to others."""
    for port in range(preferred, preferred + 200) if preferred else (0,):
        if port in taken:
            continue
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError(f"no free port between {preferred} and {preferred + 199}")
