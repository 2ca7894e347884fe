"""``flask send``: freezes and starts, or refuses and sends nothing."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from domain.channel import Channel
from domain.delivery import CampaignStatus
from models import db
from models.attachment import Attachment
from models.campaign import Campaign
from models.message import Message
from models.message_template import MessageTemplate
from tests.commands.conftest import Run


@pytest.fixture
def body(tmp_path: Path) -> Path:
    path = tmp_path / "body.html"
    path.write_text("<p>Dzień dobry, {client_name}!</p>", encoding="utf-8")
    return path


@pytest.fixture
def written(body: Path) -> tuple[object, ...]:
    """What every letter needs."""
    return ("--subject", "Odbiór", "--body-file", body, "--json")


def campaigns(application: Flask) -> list[Campaign]:
    with application.app_context():
        return list(db.session.scalars(sa.select(Campaign)))


def messages(application: Flask) -> int:
    with application.app_context():
        return db.session.scalar(sa.select(sa.func.count()).select_from(Message)) or 0


def test_a_clean_audience_is_queued(run: Run, application: Flask, investment: int, written: tuple) -> None:
    ran = run("send", investment, "--contract-type", "sale", *written)
    assert ran.code == 0, ran.err
    assert ran.data == {"campaign": ran.data["campaign"], "queued": 2, "skipped": 0}
    assert messages(application) == 2


def test_an_audience_with_errors_is_refused_with_its_report(
    run: Run, application: Flask, investment: int, written: tuple
) -> None:
    ran = run("send", investment, "--contract-type", "sale", "--contract-type", "reservation", *written)
    assert (ran.code, len(ran.err.splitlines())) == (3, 1)
    types = ("--contract-type", "sale", "--contract-type", "reservation")
    assert ran.data == run("preflight", investment, *types, "--json").data
    assert len(ran.data["clients"]) == 2
    assert (messages(application), campaigns(application)) == (0, [])


def test_errors_may_be_skipped(run: Run, application: Flask, investment: int, written: tuple) -> None:
    types = ("--contract-type", "sale", "--contract-type", "reservation")
    ran = run("send", investment, *types, "--skip-errors", *written)
    assert (ran.code, ran.data["queued"], ran.data["skipped"]) == (0, 2, 2)


def test_an_audience_without_a_recipient_is_refused(
    run: Run, application: Flask, investment: int, written: tuple
) -> None:
    ran = run("send", investment, "--contract-type", "reservation", "--skip-errors", *written)
    assert (ran.code, ran.data["recipients"]) == (3, 0)
    ran = run("send", investment, "--contract-type", "preliminary", *written)
    assert ran.code == 3
    assert (messages(application), campaigns(application)) == (0, [])


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("2030-07-01T12:00", datetime(2030, 7, 1, 10, tzinfo=UTC)),  # Warsaw is two hours ahead in summer
        ("2030-01-01T12:00", datetime(2030, 1, 1, 11, tzinfo=UTC)),
        ("2030-01-01T12:00+00:00", datetime(2030, 1, 1, 12, tzinfo=UTC)),
    ],
)
def test_a_send_can_be_put_off(
    run: Run, application: Flask, investment: int, written: tuple, given: str, meant: datetime
) -> None:
    assert run("send", investment, "--contract-type", "sale", "--at", given, *written).code == 0
    [campaign] = campaigns(application)
    assert (campaign.status, campaign.starts_at) == (CampaignStatus.SCHEDULED, meant)


def test_a_template_brings_subject_and_body_and_its_fields_are_filled_in(
    run: Run, application: Flask, investment: int
) -> None:
    with application.app_context():
        db.session.add(MessageTemplate(name="Odbiór", subject="Odbiór {date}", body="<p>{client_name}</p>"))
        db.session.commit()
    arguments = ("send", investment, "--contract-type", "sale", "--template", 1, "--json")
    missing = run(*arguments)
    assert (missing.code, "date" in missing.err, len(missing.err.splitlines())) == (2, True, 1)
    assert campaigns(application) == []
    assert run(*arguments, "--var", "date=1 marca").code == 0
    [campaign] = campaigns(application)
    assert campaign.frozen_values["variables.date"] == "1 marca"


@pytest.mark.parametrize("name", ["company_name", "company.name"])
def test_a_records_field_is_filled_in_by_its_tag_or_by_its_path(
    run: Run, application: Flask, investment: int, tmp_path: Path, name: str
) -> None:
    body = tmp_path / "firma.html"
    body.write_text("<p>{company_name}</p>", encoding="utf-8")
    letter = ("--contract-type", "sale", "--subject", "Firma", "--body-file", body, "--json")
    missing = run("send", investment, *letter)
    assert (missing.code, missing.err) == (2, "These fields of the message are empty: company_name.\n")
    sent = run("send", investment, *letter, "--var", f"{name}=Firma")
    assert (sent.code, sent.err) == (0, "")
    [campaign] = campaigns(application)
    assert campaign.frozen_values["company.name"] == "Firma"


def test_a_field_that_the_letter_does_not_have_is_named_and_left_out(
    run: Run, application: Flask, investment: int, written: tuple
) -> None:
    ran = run("send", investment, "--contract-type", "sale", "--var", "dtae=1 marca", *written)
    assert (ran.code, ran.err) == (0, "--var dtae: the message has no such field; ignored.\n")


def test_files_go_with_the_letter(
    run: Run, application: Flask, investment: int, written: tuple, tmp_path: Path
) -> None:
    (tmp_path / "plan.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "setup.exe").write_bytes(b"MZ")
    refused = run("send", investment, "--contract-type", "sale", "--attach", tmp_path / "setup.exe", *written)
    assert (refused.code, len(refused.err.splitlines()), campaigns(application)) == (2, 1, [])
    ran = run("send", investment, "--contract-type", "sale", "--attach", tmp_path / "plan.pdf", *written)
    assert ran.code == 0
    with application.app_context():
        assert [file.filename for file in db.session.scalars(sa.select(Campaign)).one().attachments] == [
            "plan.pdf"
        ]


@pytest.mark.parametrize("values", [{"is_active": False}, {"channel": Channel.SMS}])
def test_a_template_switched_off_or_of_another_channel_is_bad_input(
    run: Run, application: Flask, investment: int, values: dict[str, Any]
) -> None:
    with application.app_context():
        db.session.add(MessageTemplate(**{"name": "A", "subject": "Odbiór", "body": "<p>x</p>"} | values))
        db.session.commit()
    ran = run("send", investment, "--contract-type", "sale", "--template", 1)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert campaigns(application) == []


def left_behind(application: Flask, files: Path) -> tuple[int, list[Path]]:
    """Rows of attachments, and files."""
    with application.app_context():
        rows = db.session.scalar(sa.select(sa.func.count(Attachment.id))) or 0
    return rows, [path for path in files.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("types", "more", "code"),
    [
        (("reservation",), (), 3),
        (("sale",), ("--attach", "/proc/self/mem"), 2),  # it can be opened and not be read
    ],
)
def test_a_refused_letter_leaves_no_file_behind(
    run: Run,
    application: Flask,
    investment: int,
    written: tuple,
    tmp_path: Path,
    types: tuple[str, ...],
    more: tuple[str, ...],
    code: int,
) -> None:
    (tmp_path / "plan.pdf").write_bytes(b"%PDF-1.7")
    chosen = [part for kind in types for part in ("--contract-type", kind)]
    ran = run("send", investment, *chosen, "--attach", tmp_path / "plan.pdf", *more, *written)
    assert (ran.code, len(ran.err.splitlines())) == (code, 1)
    assert (campaigns(application), left_behind(application, tmp_path / "files")) == ([], (0, []))


def test_a_fault_of_ours_leaves_nothing_behind_either(
    run: Run, application: Flask, investment: int, written: tuple, tmp_path: Path
) -> None:
    (tmp_path / "plan.pdf").write_bytes(b"%PDF-1.7")
    application.extensions["goniec"] = replace(application.extensions["goniec"], files=None)
    with pytest.raises(AttributeError):
        run("send", investment, "--contract-type", "sale", "--attach", tmp_path / "plan.pdf", *written)
    assert campaigns(application) == []


def test_files_that_cannot_be_stored_are_told_in_one_line(
    run: Run, application: Flask, investment: int, written: tuple, tmp_path: Path
) -> None:
    (tmp_path / "plan.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "files").write_text("a file where the directory of files should be", encoding="utf-8")
    ran = run("send", investment, "--contract-type", "sale", "--attach", tmp_path / "plan.pdf", *written)
    assert (ran.code, "FILES_DIR" in ran.err, len(ran.err.splitlines())) == (2, True, 1)
    assert campaigns(application) == []


def test_without_the_script_engine_one_line_says_what_to_run(
    run: Run, application: Flask, investment: int, written: tuple, tmp_path: Path
) -> None:
    missing = tmp_path / "ejs.min.js"
    application.extensions["goniec"] = replace(application.extensions["goniec"], ejs_source=missing)
    application.extensions["goniec_ejs"] = None
    ran = run("send", investment, "--contract-type", "sale", *written)
    assert (ran.code, len(ran.err.splitlines()), "make setup" in ran.err) == (2, 1, True)
    assert campaigns(application) == []


@pytest.mark.parametrize(
    "wrong",
    [
        ("--subject", "x"),
        ("--template", "99"),
        ("--template", "1", "--subject", "x"),
        ("--subject", "x", "--body-file", "/nowhere/body.html"),
        (),
    ],
)
def test_a_letter_that_is_not_there_is_bad_input(
    run: Run, application: Flask, investment: int, wrong: tuple[str, ...]
) -> None:
    ran = run("send", investment, "--contract-type", "sale", *wrong)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert campaigns(application) == []


@pytest.mark.parametrize(
    "wrong",
    [
        ("--at", "tomorrow"),
        ("--at", "2030-03-31T02:30"),  # the clocks go forward that night
        ("--at", "2020-01-01T12:00"),
        ("--at", "2020-01-01T12:00+01:00"),
        ("--at", "9999-12-31T23:59"),
        ("--subject", "\udcff"),
        ("--var", "date=\udcff"),
        ("--var", "date"),
        ("--attach", "/nowhere/plan.pdf"),
        ("--subject", "x" * 401),
    ],
)
def test_an_option_nobody_understands_is_bad_input(
    run: Run, application: Flask, investment: int, written: tuple, wrong: tuple[str, ...]
) -> None:
    ran = run("send", investment, "--contract-type", "sale", *written, *wrong)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert campaigns(application) == []


def test_a_template_with_a_mistake_is_bad_input_and_leaves_nothing(
    run: Run, application: Flask, investment: int, body: Path
) -> None:
    body.write_text("<p><% if (client.name) { %>x</p>", encoding="utf-8")
    ran = run("send", investment, "--contract-type", "sale", "--subject", "x", "--body-file", body)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert campaigns(application) == []


def test_an_investment_that_does_not_exist_is_bad_input(run: Run, investment: int, written: tuple) -> None:
    ran = run("send", investment + 1, "--contract-type", "sale", *written)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)


def test_the_output_is_one_object(run: Run, investment: int, written: tuple) -> None:
    assert isinstance(json.loads(run("send", investment, "--contract-type", "sale", *written).out), dict)
