"""Each statement is compiled once for SQLite and once for PostgreSQL, however many engines the tests make.

An engine keeps what it compiled, as a process that lives long profits from; nearly every test makes an engine
of its own, and compiling was two fifths of what a test with a database cost.
"""

from typing import Any

from sqlalchemy import event
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.util import LRUCache

_compiled: LRUCache[Any, Any] = LRUCache(5000)


def share() -> None:
    """Give every engine of this process one memory; its keys hold the dialect, so two of a kind are equal."""
    for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        dialect.__eq__ = _same_kind
        dialect.__hash__ = _kind
    event.listen(Engine, "engine_connect", _remember)


def _same_kind(one: object, other: object) -> bool:
    return type(one) is type(other)


def _kind(one: object) -> int:
    return hash(type(one))


def _remember(connection: Connection) -> None:
    connection.execution_options(compiled_cache=_compiled)
