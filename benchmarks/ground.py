"""What every measurement stands on: databases, a queue server, a C mail sink, an application."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import flask_migrate
import psycopg
from flask import Flask

from app import create_app
from config import Settings
from models import db
from sandbox import postgres, sessions
from sandbox.supervisor import free_port, port_answers

SMTP_SINK = shutil.which("smtp-sink") or shutil.which("smtp-sink", path="/usr/sbin:/usr/lib/postfix/sbin")
DATABASES = ("sqlite", "postgresql")


class NotReady(Exception):
    """A part did not start; the text is one sentence."""


@contextmanager
def smtp_sink() -> Iterator[int]:
    """Postfix's smtp-sink, which accepts everything and keeps nothing; its port."""
    assert SMTP_SINK is not None
    port = free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = sessions.start([SMTP_SINK, *user, f"127.0.0.1:{port}", "1000"], output=subprocess.DEVNULL)
    try:
        if not sessions.wait_until(lambda: port_answers(port), 10):
            raise NotReady("smtp-sink does not listen.")
        yield port
    finally:
        sessions.kill(process.pid)
        process.wait()


def database_url(kind: str, directory: Path, name: str) -> str:
    """An empty database: a SQLite file, or one on an embedded PostgreSQL 18 that flushes nothing to disk."""
    if kind == "sqlite":
        return f"sqlite:///{directory / name}.db"
    server = directory / "pg"
    postgres.ensure(server, os.getpid())
    with psycopg.connect(postgres.url(server, "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return postgres.url(server, name)


@contextmanager
def application(environment: Mapping[str, str]) -> Iterator[Flask]:
    """The application without its panel on a migrated database, its context pushed."""
    app = create_app(Settings.from_environment(environment), panel=False)
    with app.app_context():
        flask_migrate.upgrade()
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()
