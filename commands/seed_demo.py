"""``flask seed-demo``: a sample company to look around in."""

import secrets

import click

from commands.output import OneLineCommand, bad_input, command_line, emit, json_option, refused
from extensions.wiring import wiring
from models import db
from sandbox.sample_company import FEWEST_CLIENTS, AlreadyInUse, SampleCompany, write_sample_company
from sandbox.sample_look import LogoPlace

DEFAULT_CLIENTS = 1200


@click.command("seed-demo", cls=OneLineCommand)
@click.option("--clients", default=DEFAULT_CLIENTS, show_default=True, help="How many clients to make.")
@click.option(
    "--password",
    envvar="GONIEC_DEMO_PASSWORD",
    help="The users' password, or GONIEC_DEMO_PASSWORD; made up and printed when neither is given.",
)
@click.option("--sms-secret", envvar="GONIEC_DEMO_SMS_SECRET", default="", hidden=True)
@click.option("--if-empty", is_flag=True, help="Where there is data already, leave it and say so.")
@json_option
@command_line
def seed_demo(clients: int, password: str | None, sms_secret: str, if_empty: bool, as_json: bool) -> None:
    """Fill an empty database with a sample company; refused where there is data already."""
    if clients < FEWEST_CLIENTS:
        bad_input(f"The sample company needs at least {FEWEST_CLIENTS} clients, not {clients}.")
    chosen, hands = password or secrets.token_urlsafe(12), wiring()
    try:
        company = write_sample_company(
            db.session(),
            clients=clients,
            password=chosen,
            now=hands.clock(),
            sms_secret=sms_secret,
            logo=LogoPlace(hands.files, hands.base_url),
        )
    except AlreadyInUse as error:
        if not if_empty:
            refused(f"refused: {error}")
        emit(as_json, {"clients": 0}, ["the database holds data already: it is left as it is"])
        return
    emit(as_json, _json(company, chosen), _lines(company, chosen))


def _json(company: SampleCompany, password: str) -> dict[str, object]:
    return {
        "clients": company.clients,
        "contracts": company.contracts,
        "investments": [{"id": number, "name": name} for number, name in company.investments],
        "campaigns": list(company.campaigns),
        "messages": company.messages,
        "users": list(company.users),
        "password": password,
    }


def _lines(company: SampleCompany, password: str) -> list[str]:
    investments = [f"investment {number}: {name}" for number, name in company.investments]
    return [
        f"{company.clients} clients, {company.contracts} contracts, {company.messages} messages",
        *investments,
        f"users: {', '.join(company.users)}",
        f"password: {password}",
    ]
