"""``flask sms-inbound``: a text as a gateway would bring it."""

import pytest
from flask import Flask

from models import db
from tests.commands.conftest import Run
from tests.service_desk import NUMBER, make_told_client


@pytest.fixture
def client_id(application: Flask) -> int:
    with application.app_context():
        session = db.session()
        client = make_told_client(session)
        session.commit()
        return client.id


@pytest.mark.parametrize("number", [NUMBER, "600 100 200", "0048600100200"])
def test_it_finds_the_client_however_the_number_is_written(run: Run, client_id: int, number: str) -> None:
    said = run("sms-inbound", "--from", number, "--text", "Dzień dobry", "--json").data
    assert said["client"] == client_id and said["conversation"] and said["answer"] == "unclear"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--from", "abc", "--text", "tak"),
        ("--from", NUMBER),
        ("--text", "tak"),
        ("--from", NUMBER, "--text", "x" * 1601),
        ("--from", NUMBER, "--text", "\udcff"),
    ],
)
def test_what_no_telephone_could_send_is_bad_input(run: Run, arguments: tuple[str, ...]) -> None:
    ran = run("sms-inbound", *arguments)
    assert ran.code == 2 and len(ran.err.strip().splitlines()) == 1
