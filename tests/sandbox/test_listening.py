"""Ports that are kept for a part until it starts, and the part that really has them."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from sandbox import sessions
from sandbox.listening import HeldPorts, Probe, listens
from sandbox.supervisor import free_port

SERVER = "import socket,sys,time; s=socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(600)"
GIVEN = "import socket,sys,time; s=socket.socket(fileno=int(sys.argv[1])); s.accept(); time.sleep(600)"
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a small Python program in a session of its own."""
    started = []

    def start(program: str, *arguments: str, inherited: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", program, *arguments]
        started.append(sessions.start(command, inherited=inherited))
        return started[-1]

    yield start
    for process in started:
        sessions.kill(process.pid)
        process.wait()


def test_a_port_that_one_installation_holds_is_never_given_to_another() -> None:
    with HeldPorts() as ours, HeldPorts() as theirs:
        port = ours.take(free_port())
        assert theirs.take(port) > port
        assert free_port(port) > port
        ours.release(port)
        assert theirs.take(port) == port


def test_a_port_that_was_released_can_be_served_on_at_once(start: Start) -> None:
    with HeldPorts() as held:
        port = held.take(free_port())
        held.release(port)
        server = start(SERVER, str(port))
        assert sessions.wait_until(lambda: listens(server.pid, [port]), 10)


def test_a_server_counts_only_for_the_session_that_runs_it(start: Start) -> None:
    ports = [free_port(), free_port()]
    one, other = (start(SERVER, str(port)) for port in ports)
    assert sessions.wait_until(lambda: listens(one.pid, ports[:1]) and listens(other.pid, ports[1:]), 10)
    assert not listens(one.pid, ports)
    assert not listens(other.pid, ports[:1])


def test_a_server_that_is_given_the_socket_has_the_port_without_a_gap(start: Start) -> None:
    with HeldPorts() as held:
        port = held.take(free_port())
        descriptor = held.descriptor(port)
        server = start(GIVEN, str(descriptor), inherited=(descriptor,))
        assert sessions.wait_until(lambda: listens(server.pid, [port]), 10)


@contextmanager
def answering(codes: list[int]) -> Iterator[int]:
    """A web server that answers with each of the codes once, in order, and its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(codes.pop(0))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Keep the test's output clean."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_page_is_there_when_it_answers_200_and_no_sooner() -> None:
    codes = [500, 302, 200]
    with answering(codes) as port:
        assert sessions.wait_until(Probe(port, "/"), 10)
    assert codes == []


def test_a_page_that_nobody_serves_yet_is_asked_once_and_not_waited_for() -> None:
    with HeldPorts() as held:
        probe = Probe(held.take(free_port()), "/")
        assert not any(probe() for _ in range(50))
    assert not probe()
