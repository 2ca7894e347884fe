"""The composition root of the workers: RQ jobs, and the sweep that rings for what nobody heard."""

import argparse
import os
import sys

from app import create_app
from config import InvalidSetting, Settings
from jobs.work import sweep_until_stopped


def main() -> int:
    """Run a worker until SIGTERM or Ctrl-C; exit code 0, or 2 for a bad setting."""
    parser = argparse.ArgumentParser(description="Goniec's worker")
    parser.add_argument("--sweep", action="store_true", help="only sweep, at every interval")
    parser.add_argument("--burst", action="store_true", help="end when nothing is due")
    arguments = parser.parse_args()
    try:
        settings = Settings.from_environment(os.environ)
    except InvalidSetting as error:
        sys.stderr.write(f"{error}\n")
        return 2
    app = create_app(settings, panel=False)
    if arguments.sweep:
        sweep_until_stopped(app, settings.sweep_interval)
    else:
        app.extensions["goniec_worker"](burst=arguments.burst)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
