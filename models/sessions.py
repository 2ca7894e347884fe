"""Sessions of their own, for work that must not share the request's."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.orm import Session

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


def rows_changed(session: Session, statement: sa.Executable) -> int:
    """Execute an INSERT, UPDATE or DELETE past the ORM's identity map; the number of rows it touched."""
    counted = session.connection().execute(statement, execution_options={"preserve_rowcount": True})
    return int(counted.rowcount)
