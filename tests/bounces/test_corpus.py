"""Every message of the corpus is what its table says it is."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from domain.bounces import BounceKind, Classified, classify
from domain.smtp_replies import BounceVerdict
from gateways.bounce_mail import read_message

CORPUS = Path(__file__).parent
SETS = ("known", "unseen")


@dataclass(frozen=True)
class Row:
    """A line of a table; a recipient is ``address=status/verdict``."""

    path: Path
    layout: str
    kind: str
    recipients: tuple[str, ...]


def rows(name: str) -> list[Row]:
    lines = (CORPUS / f"{name}.tsv").read_text(encoding="utf-8").splitlines()[1:]
    fields = [line.split("\t") for line in lines]
    return [
        Row(CORPUS / name / file, layout, kind, tuple(recipients.split()))
        for file, layout, kind, recipients in fields
    ]


ROWS = [row for name in SETS for row in rows(name)]


def classified(path: Path) -> Classified:
    return classify(read_message(path.read_bytes()))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.path.stem)
def test_a_message_is_what_the_table_says(row: Row) -> None:
    found = classified(row.path)
    recipients = sorted(f"{each.address}={each.status or '-'}/{each.verdict}" for each in found.recipients)
    assert (found.kind.value, recipients) == (row.kind, sorted(row.recipients))


@pytest.mark.parametrize("name", SETS)
def test_every_file_has_its_line_and_every_line_its_file(name: str) -> None:
    listed = [row.path.name for row in rows(name)]
    assert sorted(listed) == sorted(path.name for path in (CORPUS / name).glob("*.eml"))


def test_the_corpus_is_as_wide_as_it_should_be() -> None:
    known = rows("known")
    assert len(known) >= 160
    assert len({row.layout for row in known}) >= 45


def test_the_table_uses_no_other_words() -> None:
    said = [each.partition("=")[2].split("/")[1] for row in ROWS for each in row.recipients]
    assert set(said) <= {verdict.value for verdict in BounceVerdict}
    assert {row.kind for row in ROWS} <= {kind.value for kind in BounceKind} - {"smtp", "manual"}


def test_no_automatic_reply_says_anything_about_anybody() -> None:
    replies = [row.path for row in ROWS if row.kind == "auto_reply"]
    assert replies
    assert {path.name: classified(path).recipients for path in replies if classified(path).recipients} == {}


def test_nobody_is_blocked_but_whom_the_table_names() -> None:
    for row in ROWS:
        blocked = {each.address for each in classified(row.path).recipients if each.verdict == "block"}
        named = {each.rpartition("=")[0] for each in row.recipients if each.endswith("/block")}
        assert blocked <= named, row.path.name
