"""One statement, thousands of times: straight to the database's driver."""

from collections.abc import Mapping
from typing import Any, cast

import sqlalchemy as sa


class DriverStatement:
    """A Core statement compiled once; each execution then costs a driver call and no more.

    For the one UPDATE behind every message sent, where SQLAlchemy's own execution costs two to three
    times what the driver's does. ``connection`` must commit by itself (autocommit).
    """

    def __init__(self, connection: sa.Connection, statement: sa.Update) -> None:
        dialect = connection.dialect
        if dialect.paramstyle == "qmark":  # sqlite3 takes names as well, and one mapping then serves both
            dialect = cast("Any", type(dialect))(paramstyle="named")
        compiled = statement.compile(dialect=dialect)
        self._sql = str(compiled)
        self._convert = {
            name: converter
            for parameter, name in compiled.bind_names.items()
            if (converter := parameter.type.dialect_impl(dialect).bind_processor(dialect)) is not None
        }
        self._fixed = self._converted(compiled.params)
        self._cursor = connection.connection.cursor()

    def execute(self, parameters: Mapping[str, Any]) -> int:
        """The number of rows touched; ``parameters`` are those the statement leaves open."""
        self._cursor.execute(self._sql, self._fixed | self._converted(parameters))
        return int(self._cursor.rowcount)

    def _converted(self, values: Mapping[str, Any]) -> dict[str, Any]:
        convert = self._convert
        return {
            name: convert[name](value) if value is not None and name in convert else value
            for name, value in values.items()
        }
