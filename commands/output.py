"""How every command speaks: JSON or lines on stdout, one clear line on stderr, exit codes 0, 2 and 3."""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import Any, NoReturn, ParamSpec, TypeVar

import click
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from domain.errors import DomainError
from models import db
from models.setting import MissingSecret

BAD_INPUT = 2
REFUSED = 3
UPGRADE = "Run: flask --app app db upgrade"
MISSING_PART = frozenset({"42P01", "42703"})  # undefined_table, undefined_column
POSTGRESQL_PORT = 5432

P = ParamSpec("P")
R = TypeVar("R")


class OneLineCommand(click.Command):
    """A command whose usage errors are one line, without the usage itself; exit code 2."""

    def make_context(self, info_name: str | None, args: list[str], *more: Any, **extra: Any) -> click.Context:
        if not all(map(is_text, args)):
            raise click.UsageError("An argument is no text: write it in UTF-8.")
        try:
            return super().make_context(info_name, args, *more, **extra)
        except click.UsageError as error:
            raise click.UsageError(" ".join(error.format_message().split())) from error


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


def emit(as_json: bool, data: Mapping[str, Any], lines: Iterable[str]) -> None:
    """Print the result: one JSON object, or lines for a person."""
    if as_json:
        click.echo(json.dumps(data, ensure_ascii=False))
    else:
        for line in lines:
            click.echo(line)


def emit_verdict(as_json: bool, data: Mapping[str, Any], checked: str, problems: Sequence[str]) -> None:
    """Print what a check found, ``checked`` saying what was looked at; end with exit code 3 if anything is
    wrong.
    """
    verdict = f"{len(problems)} problems" if problems else "in order"
    emit(as_json, {**data, "problems": list(problems)}, [f"{checked}: {verdict}", *problems])
    if problems:
        sys.exit(REFUSED)


def is_text(argument: str) -> bool:
    """Whether an argument was UTF-8 on the command line: Python keeps other bytes as lone surrogates."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        return False
    return True


def bad_input(text: str) -> NoReturn:
    """End with one line and exit code 2."""
    click.echo(text, err=True)
    sys.exit(BAD_INPUT)


def refused(text: str) -> NoReturn:
    """End with one line and exit code 3."""
    click.echo(text, err=True)
    sys.exit(REFUSED)


def command_line(function: Callable[P, R]) -> Callable[P, R]:
    """Turn what went wrong into one line: a DomainError is a refusal, an unusable database bad input."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except DomainError as error:
            refused(str(error))
        except OverflowError:
            bad_input("There is no record of that number.")
        except MissingSecret as error:
            bad_input(f"The database cannot be used ({error}). {UPGRADE}")
        except (OperationalError, ProgrammingError) as error:
            bad_input(unusable(error, db.engine.url))

    return run


def unusable(error: DBAPIError, url: URL) -> str:
    """One sentence without user name and password: what is wrong with the database, and what to do."""
    reason = str(error.orig).strip().splitlines()[0]
    if url.get_backend_name() == "sqlite":
        if reason.startswith("unable to open"):
            return f"The database file {url.database} cannot be opened. Check DATABASE_URL."
        needs_upgrade = reason.startswith("no such")
    else:
        state = getattr(error.orig, "sqlstate", None)
        if state is None:
            # The last of libpq's chain of causes; it names the user whose log-in was refused.
            cause = reason.rpartition("failed: ")[2].replace(f'"{url.username}"', "…")
            return f"The database at {_place(url)} cannot be reached ({cause}). Check DATABASE_URL."
        needs_upgrade = state in MISSING_PART
    return f"The database cannot be used ({reason}).{f' {UPGRADE}' if needs_upgrade else ''}"


def _place(url: URL) -> str:
    host = url.host or url.query.get("host") or "this machine's socket"
    return f"{host}:{url.port or url.query.get('port') or POSTGRESQL_PORT}"
