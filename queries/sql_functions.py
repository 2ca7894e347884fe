"""The few SQL functions whose names differ between SQLite and PostgreSQL."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


class json_of(GenericFunction[Any]):
    """A JSON object of alternating keys and values."""

    type = sa.JSON()
    inherit_cache = True
    name = "json_object"


class polish_date(GenericFunction[str]):
    """A date as a Polish letter writes it: 31.12.2026; NULL stays NULL."""

    type = sa.String()
    inherit_cache = True


@compiles(json_of, "postgresql")
def _json_build_object(element: json_of, compiler: SQLCompiler, **keywords: Any) -> str:
    return f"json_build_object({compiler.process(element.clauses, **keywords)})"


@compiles(polish_date, "sqlite")
def _strftime(element: polish_date, compiler: SQLCompiler, **keywords: Any) -> str:
    return f"strftime('%d.%m.%Y', {compiler.process(element.clauses, **keywords)})"


@compiles(polish_date, "postgresql")
def _to_char(element: polish_date, compiler: SQLCompiler, **keywords: Any) -> str:
    return f"to_char({compiler.process(element.clauses, **keywords)}, 'DD.MM.YYYY')"
