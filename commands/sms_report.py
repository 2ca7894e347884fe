"""``flask sms-report``: what SMS cost in a period, for a spreadsheet or a program."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

from commands.output import OneLineCommand, bad_input, command_line, emit
from domain.csv_text import csv_lines
from domain.money import zloty_of
from models import db
from queries.sms_report import SUMMED, By, ReportFilter, Total, total_of, totals

DELIMITER = ";"
_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command("sms-report", cls=OneLineCommand)
@click.option("--from", "first", required=True, type=_DAY, help="The first day (Europe/Warsaw).")
@click.option("--to", "last", required=True, type=_DAY, help="The last day, included.")
@click.option("--by", type=click.Choice([by.value for by in By]), default=By.DAY.value, show_default=True)
@click.option("--format", "form", type=click.Choice(["csv", "json"]), default="csv", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@command_line
def sms_report_command(first: datetime, last: datetime, by: str, form: str, as_json: bool) -> None:
    """Add up the charged text messages of a period: messages, parts and their cost in PLN."""
    wanted = ReportFilter(first.date(), last.date())
    if wanted.first > wanted.last:
        bad_input(f"The period ends ({wanted.last}) before it begins ({wanted.first}).")
    lines = totals(db.session(), wanted, By(by))
    rows = [{"key": name, **_sums(line)} for name, line in zip(_names(lines), lines, strict=True)]
    if as_json or form == "json":
        period = {"from": wanted.first.isoformat(), "to": wanted.last.isoformat(), "by": by}
        emit(True, {**period, "rows": rows, "total": _sums(total_of(lines))}, [])
        return
    for piece in csv_lines(("key", *SUMMED), (row.values() for row in rows), DELIMITER, bom=False):
        click.echo(piece, nl=False)


def _sums(line: Total) -> dict[str, Any]:
    return {"messages": line.messages, "parts": line.parts, "cost": f"{zloty_of(line.cost)}"}


def _names(lines: Sequence[Total]) -> list[str]:
    """What each line is called: a campaign by its title, and by its number where that says too little."""
    titles = Counter(line.title for line in lines)
    return [
        line.key
        if line.title is None
        else (line.title if line.title and titles[line.title] == 1 else f"{line.title} (#{line.key})".strip())
        for line in lines
    ]
