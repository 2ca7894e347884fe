"""`flask bounce-classify`: one message in, one answer out."""

from pathlib import Path

import pytest

from commands import bounce_classify
from tests.commands.conftest import Run

KNOWN = Path(__file__).parents[1] / "bounces" / "known"


def test_a_report_is_answered_as_json(run: Run) -> None:
    ran = run("bounce-classify", KNOWN / "postfix-dsn-1.eml", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.data == {
        "kind": "dsn",
        "recipients": [{"address": "jan.kowalski@firma.example", "status": "5.1.1", "verdict": "block"}],
    }


def test_an_automatic_reply_names_nobody(run: Run) -> None:
    ran = run("bounce-classify", KNOWN / "exchange-oof-1.eml", "--json")
    assert ran.data == {"kind": "auto_reply", "recipients": []}


def test_a_person_reads_lines(run: Run) -> None:
    ran = run("bounce-classify", KNOWN / "o2-text-1.eml")
    assert ran.out.splitlines() == ["freetext", "lucyna.k@o2.example - block"]


def test_what_is_no_message_at_all_is_other(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "noise.eml"
    file.write_bytes(bytes(range(256)))
    assert run("bounce-classify", file, "--json").data == {"kind": "other", "recipients": []}


def test_a_file_that_cannot_be_used_is_named_in_one_line(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounce_classify, "LARGEST_BYTES", 10)
    empty, large = tmp_path / "empty.eml", tmp_path / "large.eml"
    empty.write_bytes(b" \n")
    large.write_bytes(b"x" * 11)
    for file, word in (
        (tmp_path / "missing.eml", "no file"),
        (tmp_path, "cannot be read"),
        (empty, "empty"),
        (large, "larger"),
    ):
        ran = run("bounce-classify", file, "--json")
        assert (ran.code, ran.out, len(ran.err.splitlines()), word in ran.err) == (2, "", 1, True), ran.err


def test_without_a_file_the_usage_is_one_line(run: Run) -> None:
    ran = run("bounce-classify")
    assert (ran.code, len(ran.err.splitlines())) == (2, 1)
