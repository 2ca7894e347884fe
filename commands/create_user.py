"""``flask create-user``: the first log-in, and any other."""

import click

from commands.output import OneLineCommand, bad_input, command_line, emit, json_option
from domain.passwords import PasswordTooWeak
from extensions.wiring import wiring
from models import db
from services.manage_users import NoSuchRole, create_user


@click.command("create-user", cls=OneLineCommand)
@click.argument("email")
@click.option("--name", default="", help="How the panel calls the person.")
@click.option("--role", required=True, help="administrator, operator, accountant or viewer")
@click.password_option(help="Asked for when it is not given; at least 12 characters.")
@json_option
@command_line
def create_user_command(email: str, name: str, role: str, password: str, as_json: bool) -> None:
    """Make a person who can log in."""
    try:
        user = create_user(
            db.session, email=email, name=name, role=role, password=password, now=wiring().clock()
        )
    except (NoSuchRole, PasswordTooWeak) as error:
        bad_input(str(error))
    emit(as_json, {"user": user.id, "email": user.email, "role": role}, [f"{user.email}: {role}"])
