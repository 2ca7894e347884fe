"""One statement, thousands of times: straight to the database's driver."""

import sqlite3
import time
from collections.abc import Callable, Mapping
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.base import BUSY_TIMEOUT
from models.sessions import autocommit_connection

FIRST_WAIT, LONGEST_WAIT = 0.0001, 0.005


class DriverConnection:
    """A connection beside the session's on which every statement is a transaction; ``close`` it.

    On SQLite it waits for another writer in steps of tenths of a millisecond: SQLite itself sleeps 1, 2, 5
    milliseconds and more, ten times as long as the other one's statement takes.
    """

    def __init__(self, session: Session) -> None:
        self._connection = autocommit_connection(session)
        self._on_sqlite = self._connection.dialect.name == "sqlite"
        self._let_sqlite_wait(0)

    def prepare(self, statement: sa.Update) -> "DriverStatement":
        """The statement, compiled once."""
        execute = _in_short_waits if self._on_sqlite else _at_once
        return DriverStatement(self._connection, statement, execute)

    def close(self) -> None:
        """Give the connection back."""
        self._let_sqlite_wait(BUSY_TIMEOUT)
        self._connection.close()

    def _let_sqlite_wait(self, milliseconds: int) -> None:
        if self._on_sqlite:
            self._connection.exec_driver_sql(f"PRAGMA busy_timeout={milliseconds}")


class DriverStatement:
    """A Core statement compiled once; each execution then costs a driver call and no more.

    For the one UPDATE behind every message sent, where SQLAlchemy's own execution costs two to three
    times what the driver's does.
    """

    def __init__(
        self,
        connection: sa.Connection,
        statement: sa.Update,
        execute: Callable[[Any, str, Mapping[str, Any]], None],
    ) -> None:
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
        self._execute = execute

    def execute(self, parameters: Mapping[str, Any]) -> int:
        """The number of rows touched; ``parameters`` are those the statement leaves open."""
        self._execute(self._cursor, self._sql, self._fixed | self._converted(parameters))
        return int(self._cursor.rowcount)

    def _converted(self, values: Mapping[str, Any]) -> dict[str, Any]:
        convert = self._convert
        return {
            name: convert[name](value) if value is not None and name in convert else value
            for name, value in values.items()
        }


def _at_once(cursor: Any, sql: str, parameters: Mapping[str, Any]) -> None:
    cursor.execute(sql, parameters)


def _in_short_waits(cursor: sqlite3.Cursor, sql: str, parameters: Mapping[str, Any]) -> None:
    wait, gives_up_at = FIRST_WAIT, 0.0
    while True:
        try:
            cursor.execute(sql, parameters)
        except sqlite3.OperationalError as error:
            now = time.monotonic()
            gives_up_at = gives_up_at or now + BUSY_TIMEOUT / 1000
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or now >= gives_up_at:
                raise
        else:
            return
        time.sleep(wait)
        wait = min(wait * 1.5, LONGEST_WAIT)
