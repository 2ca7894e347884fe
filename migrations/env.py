"""Alembic's environment: the engine and the tables come from the application."""

from alembic import context
from flask import current_app
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from commands.output import bad_input, unusable
from models.base import UtcDateTime
from models.encrypted import EncryptedText

database = current_app.extensions["migrate"].db


def render_item(kind: str, item: object, _context: object) -> str | bool:
    """Migrations stand alone: write our own column types as the SQL types they are."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, EncryptedText):
        return "sa.Text()"
    return False


def connect() -> Connection:
    """A connection, or one line on stderr and exit code 2 when there is none to be had."""
    try:
        return database.engine.connect()
    except OperationalError as error:
        bad_input(unusable(error, database.engine.url))


def run() -> None:
    with connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            render_item=render_item,
            transaction_per_migration=True,
            **{"render_as_batch": False, **current_app.extensions["migrate"].configure_args},
        )
        with context.begin_transaction():
            context.run_migrations()


run()
