"""The locks hold what every Python 3.11 needs, not only the one they were renewed with."""

import re
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
OLDEST = {"python_version": "3.11", "python_full_version": "3.11.0", "extra": ""}


def locked(lock: str) -> set[str]:
    found = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==", (ROOT / lock).read_text(), re.MULTILINE)
    return {canonicalize_name(name) for name in found}


def needed_by(name: str) -> set[str]:
    try:
        lines = requires(name) or []
    except PackageNotFoundError:  # for another machine
        return set()
    wanted = map(Requirement, lines)
    return {
        canonicalize_name(one.name) for one in wanted if one.marker is None or one.marker.evaluate(OLDEST)
    }


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_what_the_oldest_python_needs_is_locked(lock: str) -> None:
    """Debian 12 has Python 3.11.2, where redis and valkey need a package that 3.11.3 made superfluous."""
    names = locked(lock)
    missing = {f"{name} needs {other}" for name in names for other in needed_by(name) - names}
    assert len(names) > 50
    assert not missing
