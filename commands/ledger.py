"""``flask ledger``: the prepaid account's books."""

import click

from commands.output import OneLineCommand, command_line, emit_verdict, json_option
from domain.money import zloty_of
from extensions.wiring import wiring
from models import db
from queries.ledger_check import check_ledger
from services.choose_account import sms_account


@click.group("ledger")
def ledger_group() -> None:
    """The prepaid SMS account's ledger."""


@ledger_group.command("verify", cls=OneLineCommand)
@json_option
@command_line
def verify_command(as_json: bool) -> None:
    """Prove that the balance is the sum of the entries and every entry has its ground; exit 3 if not."""
    session = db.session()
    found = check_ledger(session, in_earnest=wiring().is_in_earnest)
    balance = f"{zloty_of(sms_account(session).balance)}"
    data = {"accounts": found.accounts, "entries": found.entries, "balance": balance}
    emit_verdict(as_json, data, f"{found.entries} entries, balance {balance} PLN", found.problems)
