"""Fixtures for every test: no network, a real Valkey, and a fresh database made from a migrated template.

Time is never frozen: what needs the time is told it, so a test passes `now`.
"""

import gc
import importlib
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import flask_migrate
import hypothesis
import pytest
import redis
from flask import Flask

from gateways.ejs import EjsRuntime
from sandbox import valkey
from tests import compiled_statements, postgres_databases
from tests.network_ban import attempts, refuse_the_network
from tests.password import check_quickly
from tests.postgres_databases import SharedDatabase, migrated_database
from tests.run_directory import make_run_directory, once, remove_run_directory, run_directory
from tests.tracing import Tracing

# No test is timed: a busy machine is no defect. A gate asks the same of every change; a desk explores.
hypothesis.settings.register_profile("goniec", deadline=None)
hypothesis.settings.register_profile("gate", deadline=None, derandomize=True)
hypothesis.settings.load_profile("gate" if os.environ.get("GONIEC_CI") == "1" else "goniec")


def pytest_configure(config: pytest.Config) -> None:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # a process of a test would compile 1,900 modules anew
    sys.dont_write_bytecode = False
    if not hasattr(config, "workerinput"):
        make_run_directory()


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    plugin = session.config.pluginmanager.get_plugin("_cov")
    if plugin is not None and plugin.cov_controller is not None:
        worker = getattr(session.config, "workerinput", {}).get("workerid", "gw0")
        session.config.pluginmanager.register(Tracing(plugin.cov_controller, imports=worker == "gw0"))


def pytest_collection_finish() -> None:
    """What is imported and collected stays: the collector need not look at it again and again."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        remove_run_directory()


# --- nothing leaves this machine ---

sys.addaudithook(refuse_the_network)


@pytest.fixture(autouse=True)
def _nothing_leaves_this_machine() -> Iterator[None]:
    """Fail the test that tried, even if the code under test swallowed the error."""
    attempts.clear()
    yield
    made = list(attempts)
    attempts.clear()
    assert not made, f"tried to leave this machine: {made}"


@pytest.fixture
def network_attempts() -> list[str]:
    """The attempts noted so far; only the test of the ban itself clears it."""
    return attempts


# --- time ---


@pytest.fixture
def now() -> datetime:
    """A Monday morning in Warsaw, 10:00, in UTC."""
    return datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


# --- Valkey ---


@pytest.fixture(scope="session")
def _valkey() -> Iterator[valkey.Valkey]:
    with valkey.running(append_only=False) as server:
        yield server


@pytest.fixture
def redis_url(_valkey: valkey.Valkey) -> str:
    """An empty queue server, one for each xdist worker."""
    with redis.Redis.from_url(_valkey.url) as client:
        client.flushall()
    return _valkey.url


# --- databases ---

compiled_statements.share()


@cache
def _script_engine(source: Path) -> EjsRuntime | None:
    """One for all applications of this process: each that is asked starts a process."""
    return EjsRuntime(source) if source.exists() else None


def build_app(environment: dict[str, str], *, panel: bool) -> Flask:
    """The application as it is deployed. Imported here: a broken panel must not stop the domain's tests."""
    settings = importlib.import_module("config").Settings.from_environment(environment)
    app = importlib.import_module("app").create_app(settings, panel=panel)
    assert isinstance(app, Flask)
    app.testing = True
    app.extensions["goniec_ejs"] = _script_engine(app.extensions["goniec"].ejs_source)
    if panel:
        check_quickly(app)
    return app


def _migrate(database_url: str) -> None:
    app = build_app({"DATABASE_URL": database_url}, panel=False)
    with app.app_context():
        flask_migrate.upgrade()
        dispose(app)


def dispose(app: Flask) -> None:
    """Close every connection of an application; its context must be pushed."""
    database = app.extensions["sqlalchemy"]
    database.session.remove()
    for engine in database.engines.values():
        engine.dispose()


def sqlite_template() -> Path:
    """A migrated SQLite database to copy, made once for the whole run."""
    template = run_directory() / "template.db"

    def make() -> None:
        _migrate(f"sqlite:///{template}")
        with sqlite3.connect(
            template
        ) as connection:  # a copy takes the one file: nothing may be left in the log
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()

    once("sqlite", make)
    return template


@contextmanager
def empty_database(kind: str, directory: Path) -> Iterator[str]:
    """The URL of a database without tables, for tests of migrations; `kind` is sqlite or postgresql."""
    if kind == "sqlite":
        yield f"sqlite:///{directory / 'empty.db'}"
        return
    with postgres_databases.empty_database() as url:
        yield url


@pytest.fixture
def sqlite_url() -> Iterator[str]:
    """A migrated SQLite database with nothing in it but what the migrations put there."""
    place = Path(tempfile.mkdtemp(dir=run_directory()))
    shutil.copyfile(sqlite_template(), place / "goniec.db")
    yield f"sqlite:///{place / 'goniec.db'}"
    shutil.rmtree(place, ignore_errors=True)


def migrated_postgres() -> AbstractContextManager[str]:
    """The URL of a migrated database of its own on the run's PostgreSQL 18."""
    return migrated_database(_migrate)


@pytest.fixture(scope="session")
def _postgres() -> Iterator[SharedDatabase]:
    shared = SharedDatabase(_migrate)
    yield shared
    shared.close()


@pytest.fixture
def postgres_url(_postgres: SharedDatabase) -> str:
    """The same on PostgreSQL 18."""
    return _postgres.renewed()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A test that asks for it runs on both databases."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


# --- the application ---


@pytest.fixture
def environment(tmp_path: Path, redis_url: str) -> dict[str, str]:
    """What the application is told, the database apart; nothing listens where its mail server should be."""
    return _environment(redis_url, tmp_path / "files")


def _environment(redis_url: str, files: Path) -> dict[str, str]:
    return {
        "REDIS_URL": redis_url,
        "SECRET_KEY": "a-secret-for-tests-only",
        "BASE_URL": "http://localhost:5000",
        "FILES_DIR": str(files),
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": "9",
        "MAIL_DEFAULT_SENDER": "biuro@goniec.example",
    }


@contextmanager
def _in_context(environment: dict[str, str], database_url: str) -> Iterator[Flask]:
    app = build_app({**environment, "DATABASE_URL": database_url}, panel=False)
    with app.app_context():
        try:
            yield app
        finally:
            dispose(app)


@pytest.fixture
def database(environment: dict[str, str], database_url: str) -> Iterator[Flask]:
    """The application without its panel, its context pushed, on a clean schema; runs on both databases."""
    with _in_context(environment, database_url) as app:
        yield app


@pytest.fixture
def sqlite_app(environment: dict[str, str], sqlite_url: str) -> Iterator[Flask]:
    """As `database`, on SQLite alone."""
    with _in_context(environment, sqlite_url) as app:
        yield app


@pytest.fixture
def app_on_postgres(environment: dict[str, str], postgres_url: str) -> Iterator[Flask]:
    """As `database`, on PostgreSQL alone: for transactions that cross."""
    with _in_context(environment, postgres_url) as app:
        yield app


@dataclass(frozen=True)
class SharedPanel:
    """The whole application, made once for an xdist worker: its hundreds of routes take most of a second."""

    app: Flask
    database: Path
    files: Path

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.database}"

    def environment(self, redis_url: str) -> dict[str, str]:
        """What it was told, for a worker beside it."""
        return {**_environment(redis_url, self.files), "DATABASE_URL": self.database_url}

    def renew(self) -> None:
        """An empty database and no files. What still has the old database open keeps it to itself."""
        with self.app.app_context():
            dispose(self.app)
        for ending in ("-wal", "-shm"):
            self.database.with_name(self.database.name + ending).unlink(missing_ok=True)
        copy = self.database.with_suffix(".new")
        shutil.copyfile(sqlite_template(), copy)
        copy.replace(self.database)
        shutil.rmtree(self.files, ignore_errors=True)


@pytest.fixture(scope="session")
def _one_panel(_valkey: valkey.Valkey) -> SharedPanel:
    place = Path(tempfile.mkdtemp(dir=run_directory()))
    database, files = place / "goniec.db", place / "files"
    environment = {**_environment(_valkey.url, files), "DATABASE_URL": f"sqlite:///{database}"}
    return SharedPanel(build_app(environment, panel=True), database, files)


@pytest.fixture
def shared_panel(_one_panel: SharedPanel, redis_url: str) -> Iterator[SharedPanel]:
    """The panel on an empty SQLite database and an empty queue server; no context is open."""
    _one_panel.renew()
    yield _one_panel
    with _one_panel.app.app_context():
        dispose(_one_panel.app)


@pytest.fixture
def app(shared_panel: SharedPanel) -> Flask:
    """The whole application with its panel, on SQLite; pytest-flask's `client` is its client."""
    return shared_panel.app
