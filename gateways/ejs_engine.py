"""The process that people's templates run in: a file of its own, started by ``gateways.ejs_process``.

quickjs minds its time limit between the instructions of JavaScript, never inside its own C loops, where
``"a".repeat(200000).indexOf("a".repeat(100000) + "b")`` takes a minute. A process can be killed there.

It imports nothing of this program. What it reads and writes on its standard input, a socket, are frames: a
header, then so many bytes. The first two are the driver and EJS; each one after them is a request, answered
by one frame. End of file is the end.
"""

import os
import resource
import signal
import struct
import sys
import time
from collections.abc import Callable
from io import BufferedReader

import _quickjs

REQUEST = struct.Struct("!Id")
"""How many bytes follow, and the seconds of the processor's time that they may take."""
ANSWER = struct.Struct("!Id?")
"""How many bytes follow, the seconds that it took, and whether the limits let it finish."""

GRACE_SECONDS = 0.2
"""What quickjs has to notice by itself that the time is over; then the kernel ends the process."""

_OWN_BYTES = 256 * 1024 * 1024
_COPIES = 8

Call = Callable[[str, str, str], str]


def main(output_limit: int, memory_limit: int) -> None:
    """Answer requests until there are no more; a text is of at most ``output_limit`` UTF-16 units, and
    JavaScript has ``memory_limit`` bytes.
    """
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    with os.fdopen(0, "rb") as requests:
        sources = [_frame(requests), _frame(requests)]
        if None in sources:
            return
        driver, ejs = (source[1].decode() for source in sources if source)
        context = _quickjs.Context()
        call: Call = context.eval(driver)(ejs, output_limit)
        context.set_memory_limit(memory_limit)
        _build_walls(memory_limit)
        while request := _frame(requests):
            seconds, body = request
            signal.setitimer(signal.ITIMER_PROF, seconds + GRACE_SECONDS)
            context.set_time_limit(seconds)
            _send(_answer(call, body))


def _frame(stream: BufferedReader) -> tuple[float, bytes] | None:
    """The next frame's seconds and bytes; None at the end, also when it comes in the middle of a frame."""
    header = stream.read(REQUEST.size)
    if len(header) < REQUEST.size:
        return None
    length, seconds = REQUEST.unpack(header)
    body = stream.read(length)
    return (seconds, body) if len(body) == length else None


def _build_walls(memory_limit: int) -> None:
    """Limits of the kernel behind those of quickjs: memory, for text is copied on its way; no file grows, no
    process starts, nothing is dumped.
    """
    for wall, height in (
        (resource.RLIMIT_AS, _OWN_BYTES + _COPIES * memory_limit),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(wall, (height, height))


def _answer(call: Call, body: bytes) -> bytes:
    began, finished = time.process_time(), True
    try:
        action, mark, arguments = body.decode().split("\n", 2)
        said = call(action, arguments, mark).encode()
    except _quickjs.JSException as halt:
        said, finished = str(halt).encode(errors="replace"), False
    except MemoryError:
        said, finished = b"out of memory", False
    return ANSWER.pack(len(said), time.process_time() - began, finished) + said


def _send(answer: bytes) -> None:
    rest = memoryview(answer)
    while rest:
        rest = rest[os.write(0, rest) :]


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]), int(sys.argv[2]))
    except (ConnectionError, KeyboardInterrupt):  # whoever asked is gone
        raise SystemExit(0) from None
