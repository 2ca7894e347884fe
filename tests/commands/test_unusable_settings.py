"""A setting that cannot work ends whatever was started in one line that names it, and exit code 2."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from models import db
from sandbox.supervisor import free_port
from tests.commands.conftest import Run
from tests.conftest import build_app, dispose

ROOT = Path(__file__).resolve().parents[2]
CHECK = ("preflight", "1", "--contract-type", "sale")
PATIENCE = 60


def started(command: Sequence[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.parametrize(
    ("command", "setting", "value"),
    [
        (("-m", "flask", "--app", "app", *CHECK), "DATABASE_URL", "mysql://anna:s3cret@host/goniec"),
        (("worker.py", "--burst"), "REDIS_URL", "redis://:s3cret@host:notaport"),
    ],
)
def test_whatever_is_started_says_which_setting_is_wrong(
    environment: dict[str, str], sqlite_url: str, command: Sequence[str], setting: str, value: str
) -> None:
    ran = started(command, {**environment, "DATABASE_URL": sqlite_url, setting: value})
    assert (ran.returncode, ran.stdout) == (2, "")
    (line,) = ran.stderr.splitlines()
    assert line.startswith(f"{setting} ") and "s3cret" not in line


@pytest.mark.parametrize(("setting", "value"), [("REDIS_URL", "http://x"), ("SECRET_KEY", "")])
def test_the_panel_is_not_started_again_and_again_for_a_setting_that_stays_wrong(
    environment: dict[str, str], sqlite_url: str, setting: str, value: str
) -> None:
    gunicorn = ("-m", "gunicorn", "--bind", f"127.0.0.1:{free_port(5890)}", "--no-control-socket")
    given = {**environment, "DATABASE_URL": sqlite_url, setting: value}
    ran = started((*gunicorn, "--log-level", "error", "app:create_app()"), given)
    assert ran.returncode == 2
    (line,) = ran.stderr.splitlines()
    assert line.startswith(f"{setting} ")


# --- a database that does not answer, or not as it should ---


def run_on(database_url: str, environment: dict[str, str]) -> tuple[int, str]:
    app = build_app({**environment, "DATABASE_URL": database_url}, panel=False)
    with app.app_context():
        result = app.test_cli_runner().invoke(args=list(CHECK))
        dispose(app)
    return result.exit_code, result.stderr


def test_a_database_that_cannot_be_reached_is_named_without_its_password(environment: dict[str, str]) -> None:
    port = free_port(5899)
    code, told = run_on(f"postgresql://anna:s3cret@127.0.0.1:{port}/goniec", environment)
    assert (code, told) == (
        2,
        f"The database at 127.0.0.1:{port} cannot be reached (Connection refused). Check DATABASE_URL.\n",
    )


def test_an_upgrade_of_a_database_that_cannot_be_reached_is_refused_in_one_line(
    environment: dict[str, str],
) -> None:
    port = free_port(5899)
    given = {**environment, "DATABASE_URL": f"postgresql://anna:s3cret@127.0.0.1:{port}/goniec"}
    ran = started(("-m", "flask", "--app", "app", "db", "upgrade"), given)
    assert (ran.returncode, ran.stderr) == (
        2,
        f"The database at 127.0.0.1:{port} cannot be reached (Connection refused). Check DATABASE_URL.\n",
    )


def test_a_log_in_that_is_refused_does_not_repeat_the_name(
    environment: dict[str, str], postgres_url: str
) -> None:
    place = sa.make_url(postgres_url)
    stranger = place.set(username="nobody_here", password="s3cret").render_as_string(hide_password=False)
    code, told = run_on(stranger, environment)
    assert code == 2 and len(told.splitlines()) == 1
    assert "cannot be reached" in told and ":5432" in told
    assert "nobody_here" not in told and "s3cret" not in told and "db upgrade" not in told


def test_a_database_without_tables_is_told_to_be_upgraded(run: Run, application: Flask) -> None:
    with application.app_context():
        db.session.execute(sa.text("ALTER TABLE investment RENAME TO elsewhere"))
        db.session.commit()
    ran = run(*CHECK)
    assert (ran.code, ran.err) == (
        2,
        "The database cannot be used (no such table: investment). Run: flask --app app db upgrade\n",
    )


def test_a_database_file_that_cannot_be_opened_is_named(environment: dict[str, str], tmp_path: Path) -> None:
    place = tmp_path / "for_a_while"
    place.mkdir()
    url = f"sqlite:///{place / 'goniec.db'}"
    app = build_app({**environment, "DATABASE_URL": url}, panel=False)
    place.rmdir()
    with app.app_context():
        result = app.test_cli_runner().invoke(args=list(CHECK))
    assert (result.exit_code, result.stderr) == (
        2,
        f"The database file {place / 'goniec.db'} cannot be opened. Check DATABASE_URL.\n",
    )
