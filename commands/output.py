"""How every command speaks: JSON or lines on stdout, one clear line on stderr, exit codes 0, 2 and 3."""

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, NoReturn, ParamSpec, TypeVar

import click
from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError

from domain.errors import DomainError
from models.setting import MissingSecret

BAD_INPUT = 2
REFUSED = 3

P = ParamSpec("P")
R = TypeVar("R")


class OneLineCommand(click.Command):
    """A command whose usage errors are one line, without the usage itself; exit code 2."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        try:
            return super().make_context(*args, **kwargs)
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
    """Turn what went wrong into one line: a DomainError is a refusal, a missing schema bad input."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except DomainError as error:
            refused(str(error))
        except OverflowError:
            bad_input("There is no record of that number.")
        except (OperationalError, ProgrammingError, MissingSecret, ArgumentError) as error:
            bad_input(f"The database cannot be used ({_reason(error)}). Run: flask --app app db upgrade")

    return run


def _reason(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause).strip().splitlines()[0]
