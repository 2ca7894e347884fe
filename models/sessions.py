"""Sessions of their own, for work that must not share the request's."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, scoped_session

from models.base import db


@contextmanager
def snapshot_session() -> Iterator[Session]:
    """A session whose statements all see one state of the database; the caller commits.

    PostgreSQL: REPEATABLE READ, where a conflicting change raises OperationalError (SQLSTATE 40001).
    SQLite: after the first write nobody else writes, so begin with one.
    """
    engine = db.engine
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with Session(engine) as session:
        yield session


def autocommit_connection(session: Session) -> sa.Connection:
    """A connection beside the session's on which every statement is a transaction; the caller closes it.

    One round trip a statement, where BEGIN, the statement and COMMIT are three. On SQLite the session
    must have nothing uncommitted while it is used.
    """
    return session.get_bind().engine.connect().execution_options(isolation_level="AUTOCOMMIT")


def flush_to_disk(session: Session) -> None:
    """Make everything committed so far outlive a power cut. SQLite only: PostgreSQL does so by itself."""
    engine = session.get_bind().engine
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return
    database = Path(engine.url.database)
    for path in (database.with_name(f"{database.name}-wal"), database.parent):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def insert_into(
    session: Session | scoped_session[Any], table: type[Any]
) -> postgresql.Insert | sqlite.Insert:
    """An INSERT of the session's database, which knows ON CONFLICT."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    return insert(table)


def rows_changed(session: Session, statement: sa.Executable) -> int:
    """Execute an INSERT, UPDATE or DELETE past the ORM's identity map; the number of rows it touched."""
    counted = session.connection().execute(statement, execution_options={"preserve_rowcount": True})
    return int(counted.rowcount)
