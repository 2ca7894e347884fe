"""``flask consents``: what a client agreed to, and the proof of it."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from domain.delivery import Status
from models import db
from models.consent import ConsentEvent
from models.setting import Setting
from services.company_name import COMPANY_NAME
from tests import factories as make
from tests.commands.conftest import Run


@pytest.fixture
def number(application: Flask) -> int:
    with application.app_context():
        session = db.session()
        client = make.make_ready_client(session, make.make_definition(session))
        session.commit()
        return client.id


def test_a_clients_consents_are_printed(run: Run, number: int) -> None:
    [consent] = run("consents", number, "--json").data["consents"]
    assert (consent["holds"], consent["wording"], consent["method"]) == (True, 1, "form")
    assert consent["since"] == "2025-01-15T12:00:00+00:00"
    plain = run("consents", number)
    assert plain.code == 0 and "given 2025-01-15 13:00, wording 1, form" in plain.out


def test_the_proof_is_written_to_a_file(run: Run, number: int, tmp_path: Path) -> None:
    file = tmp_path / "proof.pdf"
    ran = run("consents", number, "--proof", "-o", file, "--json")
    size = len(file.read_bytes())
    assert ran.data == {
        "client": number, "file": str(file), "bytes": size, "consents": 1, "events": 1, "messages": 0,
        "uncertain": 0, "controller": None,
    }  # fmt: skip
    assert file.read_bytes().startswith(b"%PDF")


def test_the_proof_says_how_many_messages_are_uncertain(
    application: Flask, run: Run, number: int, tmp_path: Path
) -> None:
    with application.app_context():
        session = db.session()
        event = session.scalars(sa.select(ConsentEvent.id)).one()
        make.make_message(session, client_id=number, consent_event_id=event, status=Status.UNCERTAIN)
        session.commit()
    ran = run("consents", number, "--proof", "-o", tmp_path / "proof.pdf")
    assert "1 answers, 1 messages, 1 of them uncertain" in ran.out


def test_a_proof_that_names_no_controller_says_where_to_enter_it(
    application: Flask, run: Run, number: int, tmp_path: Path
) -> None:
    file = tmp_path / "proof.pdf"
    assert "names no controller" in run("consents", number, "--proof", "-o", file).out
    with application.app_context():
        db.session.add(Setting(key=COMPANY_NAME, value="Nadrzecze Sp. z o.o."))
        db.session.commit()
    assert "controller" not in run("consents", number, "--proof", "-o", file).out
    assert (
        run("consents", number, "--proof", "-o", file, "--json").data["controller"] == "Nadrzecze Sp. z o.o."
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("999",), "There is no client number 999."),
        (("9" * 30,), "There is no record of that number."),
        (("1", "--proof"), "--proof and -o FILE go together"),
        (("1", "-o", "x.pdf"), "--proof and -o FILE go together"),
        (("1", "--proof", "-o", "/no/such/place.pdf"), "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    run: Run, number: int, arguments: tuple[str, ...], said: str
) -> None:
    ran = run("consents", *arguments)
    assert (ran.code, ran.out) == (2, "") and said in ran.err and ran.err.count("\n") == 1
