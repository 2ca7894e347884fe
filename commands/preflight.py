"""``flask preflight``: who would get the message, and who would not."""

from collections.abc import Iterable, Mapping
from typing import Any

import click
from sqlalchemy.orm import Session

from commands.message_options import BAD_MESSAGE, draft_from, has_message, message_options, script_engine
from commands.output import OneLineCommand, bad_input, command_line, emit, json_option
from domain.channel import Channel, Purpose
from domain.contract_types import POLISH_TITLES, ContractType
from domain.eligibility import Reason
from domain.local_time import WARSAW
from domain.money import zloty_of
from extensions.wiring import wiring
from models import db
from models.campaign import Campaign, CampaignKind
from models.investment import Investment
from queries.audience import AudienceOfInvestment
from queries.preflight import FailingPair, PreflightReport, failing_pairs, preflight
from services.choose_account import sms_account
from services.prepare_order import prepare_order
from services.price_list import tariff_on
from services.quote_texts import quote_audience

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
@message_options
@json_option
@command_line
def preflight_command(investment_id: int, as_json: bool, **options: Any) -> None:
    """Check every client behind the chosen contracts, and quote the price of an SMS; sends nothing."""
    session = db.session()
    if session.get(Investment, investment_id) is None:
        bad_input(f"There is no investment number {investment_id}.")
    channel = Channel(options["channel"])
    types = [ContractType(name) for name in options["contract_types"]]
    audience = AudienceOfInvestment(investment_id, types, channel=channel)
    quoted = {"quote": _quote(session, investment_id, options)} if channel is Channel.SMS else {}
    emit_report(preflight(session, audience), failing_pairs(session, audience), as_json=as_json, **quoted)


def emit_report(
    report: PreflightReport,
    failing: Iterable[FailingPair],
    *,
    as_json: bool,
    **more: Mapping[str, Any] | None,
) -> None:
    """Print who would get the message and who would not: a person reads the counts alone."""
    errors = {
        reason.value: count
        for reason, count in report.errors.items()
        if count or reason is not Reason.BLOCKED_PHONE
    }
    data = {"recipients": report.recipients, "errors": errors, "clients": [_pair(pair) for pair in failing]}
    lines = [f"{name}: {count}" for name, count in errors.items() if count]
    lines += [f"{name}: {value}" for part in more.values() for name, value in (part or {}).items()]
    emit(as_json, data | more, [f"recipients: {report.recipients}", *lines])


def _quote(session: Session, investment_id: int, options: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the message would cost, None where no message is given."""
    if not has_message(options):
        return None
    try:
        draft = draft_from(options)
        campaign = Campaign(
            kind=CampaignKind.INVESTMENT,
            channel=Channel.SMS,
            purpose=Purpose.MARKETING,
            investment_id=investment_id,
            contract_types=list(options["contract_types"]),
            body=draft.body,
            variables=dict(draft.variables or {}),
            strip_letters=draft.strip_letters,
        )
        order = prepare_order(session, campaign, script_engine(), skip_errors=True, approved_by_id=None)
    except BAD_MESSAGE as error:
        bad_input(str(error))
    if order.texts is None:
        return None
    tariff = tariff_on(session, wiring().clock().astimezone(WARSAW).date())
    quote = quote_audience(session, campaign, order.texts, order.values, tariff)
    available = sms_account(session).available
    return {
        "messages": quote.messages,
        "parts": quote.parts,
        "distribution": {str(parts): count for parts, count in quote.distribution.items()},
        "expensive": list(quote.expensive),
        "total": str(zloty_of(quote.total)),
        "with_polish_letters": str(zloty_of(quote.with_letters)),
        "without_polish_letters": str(zloty_of(quote.without_letters)),
        "available": str(zloty_of(available)),
        "available_after": str(zloty_of(available - quote.total)),
    }


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
