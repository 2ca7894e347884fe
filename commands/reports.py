"""``flask reports``: whether what is reported is what was charged."""

import click

from commands.output import OneLineCommand, command_line, emit_verdict, json_option
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
    data = {"days": found.days, "messages": found.messages, "cost": cost}
    checked = f"{found.messages} charged messages in {found.days} daily lines, {cost} PLN"
    emit_verdict(as_json, data, checked, found.problems)
