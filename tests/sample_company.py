"""The sample company, written once for the whole run: who needs one takes a copy."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from models import db
from sandbox.sample_company import SampleCompany, write_sample_company
from tests.conftest import build_app, dispose, sqlite_template
from tests.run_directory import once

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SMALL, USUAL = 200, 1200
PASSWORD = "correct-horse-battery"


@contextmanager
def opened(url: str) -> Iterator[Flask]:
    """The application on this database, its context pushed."""
    app = build_app({"DATABASE_URL": url}, panel=False)
    with app.app_context():
        yield app
        dispose(app)


def write(clients: int = SMALL, now: datetime = MONDAY) -> SampleCompany:
    """Into the database of the application whose context is pushed."""
    return write_sample_company(db.session(), clients=clients, password=PASSWORD, now=now)


def copy_of_company(clients: int, place: Path) -> str:
    """The URL of a SQLite database with the company in it, all the caller's own."""
    company = sqlite_template().with_name(f"company-{clients}.db")

    def make() -> None:
        shutil.copyfile(sqlite_template(), company)
        with opened(f"sqlite:///{company}"):
            write(clients)
            db.session.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))

    once(company.name, make)
    shutil.copyfile(company, place / company.name)
    return f"sqlite:///{place / company.name}"
