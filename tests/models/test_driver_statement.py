"""The recorder's connection waits for SQLite's other writer in short steps, and gives the wait back."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

import models.base
from models import driver_statement
from models.driver_statement import DriverConnection

NOTE = sa.table("note", sa.column("id", sa.Integer), sa.column("text", sa.String))
CHANGE = sa.update(NOTE).where(NOTE.c.id == sa.bindparam("of")).values(text=sa.bindparam("to"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "notes.db"
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.executescript("CREATE TABLE note (id INTEGER, text TEXT); INSERT INTO note VALUES (1, 'a')")
    return path


@pytest.fixture
def session(file: Path) -> Iterator[Session]:
    engine = sa.create_engine(f"sqlite:///{file}")
    with Session(engine) as session:
        yield session
    engine.dispose()


def test_it_waits_until_the_other_writer_is_done(
    session: Session, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            other.execute("COMMIT")

    monkeypatch.setattr(driver_statement.time, "sleep", wait)
    connection = DriverConnection(session)
    assert connection.prepare(CHANGE).execute({"of": 1, "to": "b"}) == 1
    connection.close()
    assert len(waits) == 3 and max(waits) < 0.001
    assert other.execute("SELECT text FROM note").fetchall() == [("b",)]
    other.close()


def test_it_gives_up_when_the_time_is_over(
    session: Session, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr(driver_statement, "BUSY_TIMEOUT", 0)
    connection = DriverConnection(session)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        connection.prepare(CHANGE).execute({"of": 1, "to": "b"})
    connection.close()
    other.close()


def test_another_fault_is_raised_at_once(session: Session, file: Path) -> None:
    connection = DriverConnection(session)
    change = connection.prepare(CHANGE)
    with sqlite3.connect(file) as other:
        other.execute("DROP TABLE note")
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        change.execute({"of": 1, "to": "b"})
    connection.close()


def test_a_connection_given_back_waits_as_before(session: Session) -> None:
    connection = DriverConnection(session)
    assert (
        session.connection().exec_driver_sql("PRAGMA busy_timeout").scalar_one() == models.base.BUSY_TIMEOUT
    )
    session.rollback()
    connection.close()
    for _ in range(2):
        with session.get_bind().engine.connect() as pooled:
            assert pooled.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == models.base.BUSY_TIMEOUT
