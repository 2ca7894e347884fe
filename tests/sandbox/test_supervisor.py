"""The supervisor with real processes: nothing it started outlives it."""

import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import sessions
from sandbox.supervisor import Child, ChildFailed, Supervisor, free_port, port_answers

ROOT = Path(__file__).resolve().parents[2]

SERVER = "import socket,sys,time; s=socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(600)"
STUBBORN = "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf'); time.sleep(600)"
# A worker like RQ's: its child takes a process group of its own and so escapes a kill of the group.
PARENT = "import os,time; os.fork() or os.setpgrp(); os.write(1, b'%d\\n' % os.getpid()); time.sleep(600)"

SUPERVISING = f"""
import sys
from sandbox.supervisor import Child, Supervisor
with Supervisor(deadline=2) as supervisor:
    supervisor.stop_on_signals()
    for name in ("first", "second"):
        supervisor.start(Child(name=name, command=[sys.executable, "-c", {PARENT!r}]))
    supervisor.watch()
"""


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def supervisor(output: io.StringIO) -> Iterator[Supervisor]:
    with Supervisor(output=output, deadline=2, pause=0.01) as supervisor:
        yield supervisor


def python(name: str, program: str, *arguments: str) -> Child:
    return Child(name=name, command=[sys.executable, "-u", "-c", program, *arguments])


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def watch_until(supervisor: Supervisor, condition: object, seconds: float = 10) -> bool:
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        supervisor.watch(0.05)
    return bool(condition())


@pytest.fixture
def supervising() -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """A supervisor in a process of its own, with the ids of the four processes under it."""
    process = subprocess.Popen(
        [sys.executable, "-c", SUPERVISING],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    pids = [int(process.stdout.readline().split("|")[1]) for _ in range(4)]
    yield process, pids
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_start_waits_until_the_child_answers(supervisor: Supervisor) -> None:
    port = free_port()
    child = python("server", SERVER, str(port))
    supervisor.start(Child(name="server", command=child.command, ports=[port], patience=10))
    assert port_answers(port)


def test_a_child_that_takes_long_is_said_to_be_starting(output: io.StringIO) -> None:
    begun = time.monotonic()
    with Supervisor(output=output, news=0.05) as supervisor:
        slow = python("slow", "import time; time.sleep(600)").command
        supervisor.start(Child(name="slow", command=slow, ready=lambda: time.monotonic() > begun + 0.5))
    assert output.getvalue().count("slow       | still starting…\n") >= 2


def test_a_child_whose_port_another_program_took_ends_in_one_sentence(supervisor: Supervisor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        child = Child(name="late", command=python("late", SERVER, str(port)).command, ports=[port])
        with pytest.raises(ChildFailed, match=rf"^late cannot listen on port {port}: another program"):
            supervisor.start(child)


def test_a_child_is_never_ready_by_another_programs_server(supervisor: Supervisor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        child = Child(
            name="idle",
            command=python("idle", "import time; time.sleep(600)").command,
            ports=[other.getsockname()[1]],
            patience=0.5,
        )
        with pytest.raises(ChildFailed, match="not ready"):
            supervisor.start(child)


def test_a_child_that_dies_before_it_is_ready_is_an_error(supervisor: Supervisor) -> None:
    with pytest.raises(ChildFailed, match="broken ended with 3"):
        supervisor.start(Child(name="broken", command=[sys.executable, "-c", "exit(3)"], ready=lambda: False))


def test_a_child_that_is_never_ready_is_an_error(supervisor: Supervisor) -> None:
    sleeper = python("slow", "import time; time.sleep(600)").command
    with pytest.raises(ChildFailed, match="not ready"):
        supervisor.start(Child(name="slow", command=sleeper, ready=lambda: False, patience=0.1))


def test_a_command_that_does_not_exist_is_said_so(supervisor: Supervisor, output: io.StringIO) -> None:
    with pytest.raises(ChildFailed):
        supervisor.start(Child(name="absent", command=["/no/such/program"], ready=lambda: False))
    assert "No such file" in output.getvalue()


def test_every_line_carries_the_name_of_its_child(supervisor: Supervisor, output: io.StringIO) -> None:
    supervisor.start(python("bell", "print('ding'); print('dong', end=''); import time; time.sleep(0.1)"))
    assert watch_until(supervisor, lambda: "dong" in output.getvalue())
    assert output.getvalue().splitlines()[:2] == ["bell       | ding", "bell       | dong"]


def test_a_killed_child_is_started_again(supervisor: Supervisor) -> None:
    supervisor.start(python("worker", "import time; time.sleep(600)"))
    first = supervisor.pid("worker")
    os.kill(first, signal.SIGKILL)
    assert watch_until(supervisor, lambda: supervisor.pid("worker") != first)
    assert alive(supervisor.pid("worker"))


def test_the_pause_before_a_restart_doubles(supervisor: Supervisor, output: io.StringIO) -> None:
    supervisor.start(python("crashing", "exit(1)"))
    assert watch_until(supervisor, lambda: output.getvalue().count("again in") >= 3)
    pauses = [line.split()[-2] for line in output.getvalue().splitlines()[:3]]
    assert pauses == ["0.01", "0.02", "0.04"]


def test_what_a_dead_child_left_in_its_session_is_ended_before_the_restart(
    supervisor: Supervisor, output: io.StringIO
) -> None:
    supervisor.start(python("worker", PARENT))
    assert watch_until(supervisor, lambda: output.getvalue().count("|") >= 2)
    pids = [int(line.split("|")[1]) for line in output.getvalue().splitlines()]
    first = supervisor.pid("worker")
    os.kill(first, signal.SIGKILL)
    assert watch_until(supervisor, lambda: supervisor.pid("worker") != first)
    assert not any(alive(pid) for pid in pids)


def test_children_stop_in_reverse_order(output: io.StringIO) -> None:
    farewell = (
        "import signal,sys,time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('bye')));"
        "print('up'); time.sleep(600)"
    )
    with Supervisor(output=output) as supervisor:
        for name in ("queue", "panel", "worker"):
            supervisor.start(python(name, farewell))
        assert watch_until(supervisor, lambda: output.getvalue().count("up") == 3)
    goodbyes = [line.split()[0] for line in output.getvalue().splitlines() if "bye" in line]
    assert goodbyes == ["worker", "panel", "queue"]


def test_a_child_deaf_to_sigterm_is_killed_after_the_deadline(output: io.StringIO) -> None:
    with Supervisor(output=output, deadline=0.1) as supervisor:
        supervisor.start(python("deaf", STUBBORN))
        assert watch_until(supervisor, lambda: "deaf\n" in output.getvalue())
        pid = supervisor.pid("deaf")
    assert not alive(pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_all_and_the_supervisor_exits_with_0(
    supervising: tuple[subprocess.Popen[str], list[int]], number: signal.Signals
) -> None:
    process, pids = supervising
    process.send_signal(number)
    assert process.wait(10) == 0
    assert not any(alive(pid) for pid in pids)


def test_no_process_survives_a_sigkill_of_the_supervisor(
    supervising: tuple[subprocess.Popen[str], list[int]],
) -> None:
    process, pids = supervising
    assert all(alive(pid) for pid in pids)
    process.kill()
    process.wait()
    assert sessions.wait_until(lambda: not any(alive(pid) for pid in pids), 10)


def test_the_next_free_port_is_given_when_the_preferred_one_is_taken(supervisor: Supervisor) -> None:
    port = free_port()
    command = python("server", SERVER, str(port)).command
    supervisor.start(Child(name="server", command=command, ready=lambda: port_answers(port)))
    assert free_port(port) > port
    assert free_port(port, taken=[port + 1]) > port + 1
