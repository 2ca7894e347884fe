"""``flask reports``: whether what is reported is what was charged."""

import sys

import click

from commands.output import REFUSED, OneLineCommand, command_line, emit, json_option
from domain.money import zloty_of
from models import db
from queries.reports_check import check_reports


@click.group("reports")
def reports_group() -> None:
    """The reports of the panel."""


@reports_group.command("verify", cls=OneLineCommand)
@json_option
@command_line
def verify_command(as_json: bool) -> None:
    """Prove that the SMS report equals the messages and the ledger; exit 3 if not."""
    found = check_reports(db.session())
    cost = f"{zloty_of(found.cost)}"
    data = {
        "days": found.days,
        "messages": found.messages,
        "cost": cost,
        "problems": list(found.problems),
    }
    summary = f"{found.messages} charged messages in {found.days} daily lines, {cost} PLN: " + (
        f"{len(found.problems)} problems" if found.problems else "in order"
    )
    emit(as_json, data, [summary, *found.problems])
    if found.problems:
        sys.exit(REFUSED)
