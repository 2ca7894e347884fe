"""``flask work``: a worker that sweeps too."""

import click
from flask import current_app

from commands.output import command_line
from jobs.work import Worker


@click.command("work")
@click.option("--burst", is_flag=True, help="End when nothing is due.")
@command_line
def work_command(burst: bool) -> None:
    """Deliver messages until stopped."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    Worker(app, sweep_interval=app.config["GONIEC_SWEEP_INTERVAL"]).run(burst=burst)
