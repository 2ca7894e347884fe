"""The migrations make exactly the schema the models describe, on both databases, and can be taken back."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

from models import db
from tests.conftest import build_app, dispose, empty_database

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def unmigrated(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    with empty_database(request.param, tmp_path) as url:
        app = build_app({"DATABASE_URL": url}, panel=False)
        with app.app_context():
            yield app
            dispose(app)


def tables() -> set[str]:
    return set(sa.inspect(db.engine).get_table_names()) - {"alembic_version"}


def is_ours(_object: object, name: str | None, kind: str, reflected: bool, _compared: object) -> bool:
    """SQLite's search index keeps tables of its own that no model describes."""
    return not (kind == "table" and reflected and name is not None and name.partition("_fts")[1])


def differences() -> list[Any]:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_object": is_ours}
        )
        return list(compare_metadata(context, db.metadata))


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory(str(ROOT / "migrations")).get_heads()) == 1


def test_upgrade_downgrade_upgrade(unmigrated: Flask) -> None:
    flask_migrate.upgrade()
    made = tables()
    flask_migrate.downgrade(revision="base")
    assert tables() == set()
    flask_migrate.upgrade()
    assert tables() == made
    assert "messages" in made or "message" in made


def test_the_models_equal_the_migrations(unmigrated: Flask) -> None:
    flask_migrate.upgrade()
    assert differences() == []


def test_a_column_that_no_migration_made_is_found(unmigrated: Flask) -> None:
    flask_migrate.upgrade()
    with db.engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE nobody_knows (id INTEGER PRIMARY KEY)"))
    assert [difference[0] for difference in differences()] == ["remove_table"]


def insert(connection: sa.Connection, table: sa.Table, **given: object) -> None:
    """A row; whatever else may not be NULL gets an empty value of its type."""
    fillers = {str: "x", int: 0, bool: False, datetime: datetime(2026, 1, 2, tzinfo=UTC), dict: {}}
    needed = {column.name: column.type for column in table.columns if not column.nullable}
    filled = {
        name: "{}" if isinstance(kind, sa.JSON) else fillers[kind.python_type]
        for name, kind in needed.items()
        if name not in given
    }
    connection.execute(sa.insert(table).values({**filled, **given}))


OLD_ROWS: dict[str, dict[str, object]] = {
    "campaign": {"id": 1, "kind": "clients", "channel": "email", "purpose": "marketing", "status": "draft"},
    "message": {"id": 1, "channel": "email", "direction": "outgoing", "origin": "manual", "status": "queued"},
    "attachment": {"id": 1, "sha256": "0" * 64},
    "message_attachment": {"message_id": 1, "attachment_id": 1},
    "campaign_attachment": {"campaign_id": 1, "attachment_id": 1},
    "delivery_attempt": {"id": 1, "message_id": 1},
}


def test_an_upgrade_loses_no_row(unmigrated: Flask) -> None:
    flask_migrate.upgrade(revision="0003")
    old = sa.MetaData()
    old.reflect(db.engine)
    with db.engine.begin() as connection:
        for name, values in OLD_ROWS.items():
            insert(connection, old.tables[name], **values)
    flask_migrate.upgrade()
    with db.engine.connect() as connection:
        for name in OLD_ROWS:
            assert connection.scalar(sa.select(sa.func.count()).select_from(old.tables[name])) == 1, name


def price(connection: sa.Connection, **given: object) -> None:
    table = sa.Table("sms_price", sa.MetaData(), autoload_with=connection)
    insert(connection, table, gross_per_part=1_600, valid_until=None, **given)


def test_the_prices_of_before_stay_and_the_key_knows_the_operator(unmigrated: Flask) -> None:
    flask_migrate.upgrade(revision="0005")
    with db.engine.begin() as connection:
        price(connection, id=1, prefix="48", valid_from=date(2026, 1, 1))
    flask_migrate.upgrade(revision="0006")
    with db.engine.begin() as connection:
        kept = sa.text("SELECT prefix, operator, gross_per_part FROM sms_price")
        assert connection.execute(kept).all() == [("48", "", 1_600)]
        for number, operator in ((2, "Orange"), (3, "Play"), (4, "")):
            price(connection, id=number, prefix="", operator=operator, valid_from=date(2026, 1, 1))
    for refused in ({"prefix": "", "operator": "Play"}, {"prefix": "4850", "operator": "Play"}):
        with pytest.raises(sa.exc.IntegrityError), db.engine.begin() as connection:
            price(connection, id=5, valid_from=date(2026, 1, 1), **refused)
    flask_migrate.downgrade(revision="0005")
    with db.engine.begin() as connection:
        assert connection.execute(sa.text("SELECT id, prefix FROM sms_price")).all() == [(1, "48")]
        with pytest.raises(sa.exc.IntegrityError):
            price(connection, id=2, prefix="48", valid_from=date(2026, 1, 1))


def charged_for(connection: sa.Connection, number: int, kind: str | None, **message: object) -> None:
    """A charged text; with ``kind`` the notification of an event."""
    tables = sa.MetaData()
    tables.reflect(connection, only=["message", "fired_event", "notification"])
    of_sms = {"channel": "sms", "direction": "outgoing", "status": "queued", "origin": "event"}
    paid = {"sms_account_id": 1, "sender": "Firma", "parts": 1, "cost": 100, "charged_on": date(2026, 3, 1)}
    key = {"idempotency_key": f"x{number}"}
    insert(connection, tables.tables["message"], id=number, **of_sms, **paid, **key, **message)
    if kind is not None:
        known = {"kind": kind, "client_id": 1, "change_key": f"x{number}", "ticket_id": 1, "held_back": False}
        insert(connection, tables.tables["fired_event"], id=number, **known)
        told = {"event_id": number, "channel": "sms", "message_id": number}
        insert(connection, tables.tables["notification"], id=number, **told)


def test_the_texts_of_notifications_are_counted_by_their_events(unmigrated: Flask) -> None:
    flask_migrate.upgrade(revision="0008")
    lines = sa.text("SELECT origin, messages, parts, cost FROM sms_day ORDER BY origin")
    with db.engine.begin() as connection:
        tables = sa.MetaData()
        tables.reflect(connection, only=["client", "ticket", "sms_day"])
        insert(connection, tables.tables["client"], id=1, kind="person")
        insert(connection, tables.tables["ticket"], id=1, client_id=1, state="open", number="Z/1")
        for number, kind in enumerate(("ticket_done", "ticket_done", "ticket_received", None), start=1):
            charged_for(connection, number, kind)
        day = {"day": date(2026, 3, 1), "account_id": 1, "sender": "Firma", "campaign_id": 0}
        insert(
            connection, tables.tables["sms_day"], id=1, origin="event", messages=4, parts=4, cost=400, **day
        )
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT setval(pg_get_serial_sequence('sms_day', 'id'), 1)"))
    flask_migrate.upgrade()
    with db.engine.connect() as connection:
        assert connection.execute(lines).all() == [
            ("event", 1, 1, 100),
            ("ticket_done", 2, 2, 200),
            ("ticket_received", 1, 1, 100),
        ]
    flask_migrate.downgrade(revision="0008")
    with db.engine.connect() as connection:
        assert connection.execute(lines).all() == [("event", 4, 4, 400)]
