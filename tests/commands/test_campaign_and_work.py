"""``flask campaign`` tells how it stands; ``flask work --burst`` delivers all that is due and ends."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from domain.delivery import Status
from tests.commands.conftest import Run
from tests.smtp_peers import SmtpPeer, smtp_peer

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def peer() -> Iterator[SmtpPeer]:
    with smtp_peer() as peer:
        yield peer


@pytest.fixture
def environment(environment: dict[str, str], peer: SmtpPeer) -> dict[str, str]:
    return {**environment, "MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(peer.port)}


@pytest.fixture
def campaign(run: Run, investment: int, tmp_path: Path) -> int:
    body = tmp_path / "body.html"
    body.write_text("<p>Dzień dobry, {client_name}!</p>", encoding="utf-8")
    letter = ("--subject", "Odbiór", "--body-file", body, "--skip-errors", "--json")
    ran = run("send", investment, "--contract-type", "sale", "--contract-type", "reservation", *letter)
    return int(ran.data["campaign"])


def standing(status: str, **messages: int) -> dict[str, Any]:
    return {"status": status, "messages": {each.value: messages.get(each.value, 0) for each in Status}}


def test_a_campaign_tells_its_status_and_every_count(run: Run, campaign: int) -> None:
    ran = run("campaign", campaign, "--json")
    assert ran.code == 0
    assert ran.data == {"campaign": campaign, **standing("sending", queued=2), "skipped_clients": 2}


def test_a_campaign_that_does_not_exist_is_bad_input(run: Run, campaign: int) -> None:
    ran = run("campaign", campaign + 1, "--json")
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)


def test_a_burst_delivers_what_is_due_and_ends(run: Run, campaign: int, peer: SmtpPeer) -> None:
    assert run("work", "--burst").code == 0
    assert run("campaign", campaign, "--json").data["messages"]["sent"] == 2
    assert run("campaign", campaign, "--json").data["status"] == "finished"
    recipients = [command for command in peer.commands if command.startswith(b"RCPT")]
    assert sorted(recipients) == [b"RCPT TO:<anna@poczta.example>", b"RCPT TO:<jan@poczta.example>"]


def test_a_burst_with_nothing_due_ends_too(run: Run, investment: int, peer: SmtpPeer) -> None:
    assert run("work", "--burst").code == 0
    assert peer.conversations == []


def test_the_commands_work_without_a_secret_key_and_without_a_queue_server(
    environment: dict[str, str], sqlite_url: str, campaign: int, peer: SmtpPeer
) -> None:
    """In a process of their own: only the database, a queue server that is down, and MAIL_* are given."""
    given = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    given |= {"DATABASE_URL": sqlite_url, "REDIS_URL": "redis://127.0.0.1:9/0"}
    given |= {name: value for name, value in environment.items() if name.startswith("MAIL_")}

    def flask(*arguments: str) -> str:
        command = [sys.executable, "-m", "flask", "--app", "app", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=given, capture_output=True, text=True, timeout=120, check=True
        )
        return done.stdout

    flask("work", "--burst")
    assert json.loads(flask("campaign", str(campaign), "--json"))["messages"]["sent"] == 2
    assert len(peer.messages) == 2


def test_a_database_without_a_schema_is_bad_input(environment: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "campaign", "1"],
        cwd=ROOT,
        env={**os.environ, **environment, "DATABASE_URL": f"sqlite:///{tmp_path / 'empty.db'}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert "db upgrade" in done.stderr
