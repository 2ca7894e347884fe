"""The directory of a whole run of the tests, and what is made in it once, whichever worker comes first."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

DIRECTORY = "GONIEC_TEST_RUN"
PROCESS = "GONIEC_TEST_RUN_PROCESS"
MEMORY, ROOM_BYTES = Path("/dev/shm"), 3 * 1024**3


def make_run_directory() -> None:
    """One directory and one process id for the whole run, which xdist's workers inherit."""
    directory = Path(tempfile.mkdtemp(prefix="goniec-tests-", dir=_memory()))
    directory.chmod(0o755)
    os.environ[DIRECTORY], os.environ[PROCESS] = str(directory), str(os.getpid())


def remove_run_directory() -> None:
    shutil.rmtree(os.environ[DIRECTORY], ignore_errors=True)


def run_directory() -> Path:
    return Path(os.environ[DIRECTORY])


def run_process() -> int:
    """The process whose end is the run's."""
    return int(os.environ[PROCESS])


def once(name: str, make: Callable[[], None]) -> None:
    done = run_directory() / f"{name}.done"
    with (run_directory() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            make()
            done.touch()


def _memory() -> Path | None:
    """A file system in memory with room to spare: a PostgreSQL database is 700 files, each dear on a disk."""
    try:
        found = os.statvfs(MEMORY)
    except OSError:
        return None
    usable = os.access(MEMORY, os.W_OK | os.X_OK) and not found.f_flag & os.ST_NOEXEC
    return MEMORY if usable and found.f_bavail * found.f_frsize > ROOM_BYTES else None
