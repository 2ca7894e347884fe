"""What only the operating system knows."""

from functools import cache
from pathlib import Path


@cache
def boot_id() -> str:
    """Linux's identity of this boot (random(4)), empty elsewhere: it changes with every restart."""
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text().strip() if path.exists() else ""
