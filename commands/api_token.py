"""``flask api-token``: a key for another system."""

import click

from commands.output import OneLineCommand, bad_input, command_line, emit, is_text, json_option
from extensions.wiring import wiring
from models import db
from services.api_tokens import EVENTS_WRITE, SCOPES, TokenNameMissing, issue_token


@click.command("api-token", cls=OneLineCommand)
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(SCOPES), default=(EVENTS_WRITE,))
@json_option
@command_line
def api_token_command(name: str, scopes: tuple[str, ...], as_json: bool) -> None:
    """Make a key of that NAME; it is shown now and never again."""
    if not is_text(name):
        bad_input("The name must be UTF-8.")
    try:
        token, text = issue_token(db.session(), name, scopes, actor_id=None, now=wiring().clock())
    except TokenNameMissing as error:
        bad_input(str(error))
    emit(as_json, {"id": token.id, "name": token.name, "scopes": token.scopes, "token": text}, [text])
