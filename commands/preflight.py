"""``flask preflight``: who would get the message, and who would not."""

from collections.abc import Iterable, Sequence
from typing import Any

import click

from commands.output import OneLineCommand, bad_input, command_line, emit, json_option
from domain.contract_types import POLISH_TITLES, ContractType
from models import db
from models.investment import Investment
from queries.audience import AudienceOfInvestment
from queries.preflight import FailingPair, PreflightReport, failing_pairs, preflight

contract_type_option = click.option(
    "--contract-type",
    "contract_types",
    multiple=True,
    required=True,
    type=click.Choice([kind.value for kind in ContractType]),
    help="A type of contract; may be repeated.",
)


@click.command("preflight", cls=OneLineCommand)
@click.argument("investment_id", type=int)
@contract_type_option
@json_option
@command_line
def preflight_command(investment_id: int, contract_types: Sequence[str], as_json: bool) -> None:
    """Check every client behind the chosen contracts; sends nothing."""
    if db.session.get(Investment, investment_id) is None:
        bad_input(f"There is no investment number {investment_id}.")
    audience = AudienceOfInvestment(investment_id, [ContractType(name) for name in contract_types])
    session = db.session()
    report = preflight(session, audience)
    failing = failing_pairs(session, audience)
    emit_report(report, failing, as_json=as_json)


def emit_report(report: PreflightReport, failing: Iterable[FailingPair], *, as_json: bool) -> None:
    """Print who would get the message and who would not: a person reads the counts alone."""
    data = {
        "recipients": report.recipients,
        "errors": {reason.value: count for reason, count in report.errors.items()},
        "clients": [_pair(pair) for pair in failing],
    }
    lines = [f"{reason.value}: {count}" for reason, count in report.errors.items() if count]
    emit(as_json, data, [f"recipients: {report.recipients}", *lines])


def _pair(pair: FailingPair) -> dict[str, Any]:
    return {
        "client_id": pair.client_id,
        "name": pair.name,
        "kind": pair.kind.value,
        "contract_id": pair.contract_id,
        "contract": _title(pair),
        "error": pair.reason.value,
    }


def _title(pair: FailingPair) -> str | None:
    return f"{POLISH_TITLES[pair.contract_type]} {pair.contract_number}" if pair.contract_type else None
