"""``flask invoice``: an issued invoice as a PDF or as FA(3)."""

from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from ksef_client.documents.fa3 import validate_fa3_xml_xsd

from models import db
from sandbox.sample_account import write_account
from tests import factories as make
from tests.commands.conftest import Run


@pytest.fixture
def number(application: Flask, now: datetime) -> str:
    with application.app_context():
        session = db.session()
        write_account(session, actor_id=make.make_user(session).id, now=now)
        session.commit()
    return f"FV/1/{now.year}"


@pytest.mark.parametrize(("kind", "begins"), [("pdf", b"%PDF"), ("xml", b"<?xml")])
def test_an_invoice_is_written_to_a_file(
    run: Run, number: str, tmp_path: Path, kind: str, begins: bytes
) -> None:
    file = tmp_path / "invoice"
    ran = run("invoice", number, "--format", kind, "-o", file, "--json")
    content = file.read_bytes()
    assert ran.data == {"invoice": number, "format": kind, "file": str(file), "bytes": len(content)}
    assert content.startswith(begins)
    if kind == "xml":
        validate_fa3_xml_xsd(content)


def test_an_invoice_from_before_fa3_has_no_document(run: Run, application: Flask, tmp_path: Path) -> None:
    with application.app_context():
        session = db.session()
        write_account(session, actor_id=make.make_user(session).id, now=make.LONG_AGO)
        session.commit()
    ran = run("invoice", "1", "--format", "xml", "-o", tmp_path / "x")
    assert ran.code == 2 and "No FA(3) document can be made of FV/1/2024" in ran.err


def test_what_is_not_there_is_said_in_one_line(run: Run, tmp_path: Path) -> None:
    ran = run("invoice", "FV/9/2026", "--format", "xml", "-o", tmp_path / "x")
    assert ran.code == 2 and ran.err == "There is no invoice FV/9/2026.\n"


@pytest.mark.parametrize("arguments", [("FV/\udcff", "-o", "x.pdf"), ("FV/1/2026", "-o", "x\udcff.pdf")])
def test_bytes_that_are_no_text_are_refused_in_one_line(run: Run, arguments: tuple[str, ...]) -> None:
    ran = run("invoice", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert "An argument is no text" in ran.err and "Traceback" not in ran.err
