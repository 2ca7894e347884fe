"""``flask work``: a worker that sweeps too."""

import click
from flask import current_app

from commands.output import OneLineCommand, command_line


@click.command("work", cls=OneLineCommand)
@click.option("--burst", is_flag=True, help="End when nothing is due.")
@command_line
def work_command(burst: bool) -> None:
    """Deliver messages until stopped."""
    current_app.extensions["goniec_worker"](burst=burst)
