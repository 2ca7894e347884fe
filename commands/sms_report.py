"""``flask sms-report``: what SMS cost in a period, for a spreadsheet or a program."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click
from sqlalchemy.orm import Session

from commands.output import OneLineCommand, bad_input, command_line, emit
from domain.csv_text import csv_lines
from domain.money import zloty_of
from models import db
from queries.sms_report import SUMMED, By, ReportFilter, Total, campaigns_behind, total_of, totals
from services.readable_title import readable_title

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
    session = db.session()
    lines = totals(session, wanted, By(by))
    names = _names(session, wanted, lines) if by == By.EVENT else [line.key for line in lines]
    rows = [{"key": name, **_sums(line)} for name, line in zip(names, lines, strict=True)]
    if as_json or form == "json":
        period = {"from": wanted.first.isoformat(), "to": wanted.last.isoformat(), "by": by}
        emit(True, {**period, "rows": rows, "total": _sums(total_of(lines))}, [])
        return
    for piece in csv_lines(("key", *SUMMED), (row.values() for row in rows), DELIMITER, bom=False):
        click.echo(piece, nl=False)


def _sums(line: Total) -> dict[str, Any]:
    return {"messages": line.messages, "parts": line.parts, "cost": f"{zloty_of(line.cost)}"}


def _names(session: Session, wanted: ReportFilter, lines: Sequence[Total]) -> list[str]:
    """What the events are called: a campaign by its title, with its number where others have the same."""
    titles = {key: readable_title(campaign) for key, campaign in campaigns_behind(session, wanted).items()}
    shared = Counter(titles.values())
    shared[""] = 2  # no title tells nothing apart either
    return [_name(line.key, titles.get(line.key, line.key), shared) for line in lines]


def _name(key: str, title: str, shared: Counter[str]) -> str:
    return f"{title} (#{key})".lstrip() if shared[title] > 1 else title
