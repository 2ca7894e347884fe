"""What gunicorn reads by itself: the panel is tried once before it is served.

A worker that ends because of a setting is started again for ever; here the same refusal ends gunicorn, with
its one line and its exit code.
"""

import subprocess
import sys
from typing import Any

TRY = "from app import create_app; create_app(panel=True)"


def on_starting(_server: Any) -> None:
    # In a process of its own: what this one has imported, its workers would not read again after a SIGHUP.
    tried = subprocess.run([sys.executable, "-c", TRY], check=False)  # noqa: S603 - our own words
    if tried.returncode:
        raise SystemExit(tried.returncode)
