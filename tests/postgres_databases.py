"""Databases on the run's one PostgreSQL server, which the first test that asks starts.

Making a database and dropping it costs more than most tests do in one, so an xdist worker's tests share one:
between two of them its rows are put back as the migrations left them. A test that changed the schema gets
rid of it.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg

from sandbox import postgres
from tests.run_directory import once, run_directory, run_process

TEMPLATE = "goniec_template"
RENEWED_AFTER = 50
"""Tests, because nobody vacuums."""
CATALOGS = (
    "pg_class",
    "pg_attribute",
    "pg_attrdef",
    "pg_constraint",
    "pg_trigger",
    "pg_proc",
    "pg_type",
    "pg_namespace",
)
SCHEMA = "SELECT " + ", ".join(
    f"(SELECT max(xmin::text::bigint) || '/' || count(*) FROM {name})" for name in CATALOGS
)
KEEP = """
CREATE SCHEMA pristine;
CREATE TABLE pristine.sequences AS SELECT sequencename AS name, last_value FROM pg_sequences;
DO $$
DECLARE one record; filled boolean;
BEGIN
    FOR one IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I)', one.relname) INTO filled;
        IF filled THEN
            EXECUTE format('CREATE TABLE pristine.%I AS TABLE public.%I', one.relname, one.relname);
        END IF;
    END LOOP;
END $$
"""
PUT_BACK = """
SET session_replication_role = replica;  -- no trigger, no foreign key
DO $$
DECLARE one record; filled boolean;
BEGIN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
    FOR one IN SELECT relname, to_regclass('pristine.' || quote_ident(relname)) IS NOT NULL AS kept
               FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I)', one.relname) INTO filled;
        IF filled THEN
            EXECUTE format('DELETE FROM public.%I', one.relname);
        END IF;
        IF one.kept THEN
            EXECUTE format('INSERT INTO public.%I SELECT * FROM pristine.%I', one.relname, one.relname);
        END IF;
    END LOOP;
    PERFORM setval(quote_ident(now.sequencename)::regclass, coalesce(was.last_value, now.start_value),
                   was.last_value IS NOT NULL)
    FROM pg_sequences now JOIN pristine.sequences was ON was.name = now.sequencename
    WHERE now.schemaname = 'public' AND now.last_value IS DISTINCT FROM was.last_value;
END $$
"""


class SharedDatabase:
    """One after another; ``migrate`` is told the URL of a new one and brings it up to date."""

    def __init__(self, migrate: Callable[[str], None]) -> None:
        self._migrate = migrate
        self._made = ExitStack()
        self._url, self._schema, self._uses = "", None, 0

    def renewed(self) -> str:
        """The URL of a database with nothing in it but what the migrations put there."""
        if not self._url or self._uses >= RENEWED_AFTER or not self._put_back():
            self._made.close()
            self._url = self._made.enter_context(migrated_database(self._migrate))
            self._uses = 0
            with _connected(self._url) as connection:
                self._schema = connection.execute(SCHEMA).fetchone()
        self._uses += 1
        return self._url

    def close(self) -> None:
        self._made.close()

    def _put_back(self) -> bool:
        with _connected(self._url) as connection:
            if connection.execute(SCHEMA).fetchone() != self._schema:
                return False
            connection.execute(PUT_BACK)
        return True


@contextmanager
def migrated_database(migrate: Callable[[str], None]) -> Iterator[str]:
    """The URL of a migrated database for its caller alone."""
    directory = _directory()

    def make() -> None:
        _administer(directory, f"CREATE DATABASE {TEMPLATE}")
        migrate(postgres.url(directory, TEMPLATE))
        with _connected(postgres.url(directory, TEMPLATE)) as connection:
            connection.execute(KEEP)

    once("postgresql", make)
    with _database(directory, TEMPLATE) as url:
        yield url


@contextmanager
def empty_database() -> Iterator[str]:
    """The URL of a database without tables."""
    with _database(_directory(), "template0") as url:
        yield url


def _directory() -> Path:
    directory = run_directory() / "pg"
    postgres.ensure(directory, run_process())
    return directory


@contextmanager
def _database(directory: Path, template: str) -> Iterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    _administer(directory, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    try:
        yield postgres.url(directory, name)
    finally:
        _administer(directory, f"DROP DATABASE {name} WITH (FORCE)")


def _administer(directory: Path, statement: str) -> None:
    with _connected(postgres.url(directory, "postgres")) as connection:
        connection.execute(statement.encode())


def _connected(url: str) -> psycopg.Connection:
    return psycopg.connect(url, autocommit=True)
