"""A process of ``gateways.ejs_engine`` from the outside: started, asked, killed when it does not answer."""

import os
import socket
import subprocess
import sys
import time
import weakref
from collections.abc import Sequence
from signal import SIGPROF
from typing import NamedTuple

from gateways import ejs_engine
from gateways.ejs_engine import ANSWER, REQUEST

PATIENCE_SECONDS = 5.0
"""How much longer by the clock a request may take than the processor's time that it has: a busy machine, and
the start of the process, are not the template's fault.
"""


class EngineGone(Exception):
    """The process ended before it answered, and not because of a limit."""


class OutOfTime(Exception):
    """The process had to be killed because it did not answer in time."""


class AnsweredTooMuch(Exception):
    """The process had to be killed because its answer is longer than any answer can be."""


class Answer(NamedTuple):
    """``seconds``: the processor's time that it took. ``finished``: no limit of quickjs stopped it."""

    text: str
    seconds: float
    finished: bool


class Engine:
    """One process. It serves one thread at a time, and only in the process that started it.

    Its end of the socket is all that it inherits: no environment, no open file but the standard error. It
    ends when this object goes, when the interpreter exits, or, after a SIGKILL, when the kernel closes the
    socket or the last request's time is over. (PR_SET_PDEATHSIG would end it with the thread that began it.)
    """

    def __init__(self, sources: Sequence[str], *, output_limit: int, memory_limit_bytes: int) -> None:
        self.compiled: set[int] = set()
        self._longest_answer = 6 * output_limit + 4096  # JSON writes a character in six bytes at most
        self._owner = os.getpid()
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own words
                [sys.executable, "-I", ejs_engine.__file__, str(output_limit), str(memory_limit_bytes)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                cwd="/",
                env={},
                start_new_session=True,
            )
        self.end = weakref.finalize(self, _end, self._socket, self._process, self._owner)
        self._beginning = b"".join(_framed(source.encode(), 0) for source in sources)
        _ENGINES.add(self)

    @property
    def is_usable(self) -> bool:
        """Whether it was not ended, and belongs to this process: a fork inherits the object alone."""
        return self.end.alive and self._owner == os.getpid()

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, action: str, mark: str, arguments: str, seconds: float) -> Answer:
        """Run one of the driver's actions for at most ``seconds`` of the processor's time.

        Raises EngineGone, OutOfTime and AnsweredTooMuch, after each of which the process is no more, and so
        after any other error.
        """
        deadline = time.monotonic() + seconds + PATIENCE_SECONDS
        request = self._beginning + _framed("\n".join((action, mark, arguments)).encode(), seconds)
        self._beginning = b""
        try:
            return self._answer_to(request, deadline)
        except TimeoutError as error:
            self.end()
            raise OutOfTime from error
        except ConnectionError as error:
            self.end()
            raise (OutOfTime if self._process.returncode == -SIGPROF else EngineGone) from error
        except BaseException:  # whatever broke in here leaves half an answer behind
            self.end()
            raise

    def _answer_to(self, request: bytes, deadline: float) -> Answer:
        self._limit_waiting(deadline)
        self._socket.sendall(request)
        length, spent, finished = ANSWER.unpack(self._read(ANSWER.size, deadline))
        if length > self._longest_answer:
            raise AnsweredTooMuch
        return Answer(str(self._read(length, deadline), "utf-8"), spent, finished)

    def let_go(self) -> None:
        """In a fork: close the way to a process that is its parent's."""
        self._socket.close()

    def _read(self, length: int, deadline: float) -> bytearray:
        read = bytearray(length)
        rest = memoryview(read)
        while rest:
            self._limit_waiting(deadline)
            count = self._socket.recv_into(rest)
            if not count:
                raise ConnectionError
            rest = rest[count:]
        return read

    def _limit_waiting(self, deadline: float) -> None:
        self._socket.settimeout(max(deadline - time.monotonic(), 0.001))


def _framed(body: bytes, seconds: float) -> bytes:
    return REQUEST.pack(len(body), seconds) + body


def _end(to_engine: socket.socket, process: subprocess.Popen[bytes], owner: int) -> None:
    to_engine.close()
    if owner == os.getpid():
        process.kill()
        process.wait()


_ENGINES: "weakref.WeakSet[Engine]" = weakref.WeakSet()


def _let_go_of_all() -> None:
    for engine in list(_ENGINES):
        engine.let_go()


os.register_at_fork(after_in_child=_let_go_of_all)
