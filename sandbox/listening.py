"""Ports of this machine: taken early and kept from others, and whose process listens on them."""

import http.client
import select
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from sandbox import sessions

HOST = "127.0.0.1"
TRIES = 200
LISTENING = "0A"
"""TCP_LISTEN in the state column of /proc/net/tcp (proc(5))."""


class HeldPorts:
    """Ports that are ours from the moment they are chosen until the part that needs each is started.

    A held port listens: two sockets with SO_REUSEADDR may bind the same port until one of them does
    (socket(7)), and without SO_REUSEADDR a port would be refused for a minute after its last server.
    """

    def __init__(self) -> None:
        self._sockets: dict[int, socket.socket] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.release(*self._sockets)

    def take(self, preferred: int) -> int:
        """Hold the preferred port, or the next one that nobody has; raise OSError when there is none."""
        for port in range(preferred, preferred + TRIES):
            held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                held.bind((HOST, port))
                held.listen()
            except OSError:
                held.close()
                continue
            self._sockets[port] = held
            return port
        raise OSError(f"no free port between {preferred} and {preferred + TRIES - 1}")

    def release(self, *ports: int) -> None:
        """Let go of ports, whoever takes them next; those not held are passed over."""
        for port in ports:
            if port in self._sockets:
                self._sockets.pop(port).close()

    def descriptor(self, port: int) -> int:
        """The listening socket itself, for a server that takes one instead of a port."""
        return self._sockets[port].fileno()


def listens(session: int, ports: Sequence[int]) -> bool:
    """Whether processes of a session listen on all of the ports: not somebody else's server."""
    inodes = _sockets_of(session)
    return set(ports) <= {port for port, inode in _listening() if inode in inodes}


def _sockets_of(session: int) -> set[str]:
    found: set[str] = set()
    for process in sessions.members(session):
        try:
            targets = [str(entry.readlink()) for entry in Path(f"/proc/{process}/fd").iterdir()]
        except OSError:
            continue  # it ended, or closed a file, while we looked; the next look tells
        found.update(target[8:-1] for target in targets if target.startswith("socket:["))
    return found


def _listening() -> list[tuple[int, str]]:
    """Ports and socket inodes of every server of this machine (proc(5), /proc/net/tcp)."""
    found = []
    for table in ("tcp", "tcp6"):
        try:
            lines = Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        except FileNotFoundError:
            continue  # no IPv6 here
        for fields in map(str.split, lines):
            if fields[3] == LISTENING:
                found.append((int(fields[1].rpartition(":")[2], 16), fields[9]))
    return found


class Probe:
    """Asks a page for 200 without waiting for it: one question at a time, however long the answer takes."""

    def __init__(self, port: int, path: str) -> None:
        self._port, self._path = port, path
        self._asked: http.client.HTTPConnection | None = None

    def __call__(self) -> bool:
        """Whether the page has answered with 200."""
        try:
            return self._answered()
        except (OSError, http.client.HTTPException):
            self._forget()
            return False

    def _answered(self) -> bool:
        if self._asked is None:
            self._asked = http.client.HTTPConnection(HOST, self._port, timeout=10)
            self._asked.request("GET", self._path)
        if not select.select([self._asked.sock], [], [], 0)[0]:
            return False
        status = self._asked.getresponse().status
        self._forget()
        return status == http.HTTPStatus.OK

    def _forget(self) -> None:
        if self._asked is not None:
            self._asked.close()
        self._asked = None
