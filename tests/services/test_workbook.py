"""A workbook holds what was given to it: numbers as numbers, and texts as texts, whatever somebody typed."""

import zipfile
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

import pytest

from services.workbook import write_workbook

SPREADSHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def written(rows: list[list[Any]], **more: Any) -> zipfile.ZipFile:
    file = BytesIO()
    write_workbook(file, "SMS", ["a", "b"], rows, **more)
    return zipfile.ZipFile(file)


def cells(book: zipfile.ZipFile, number: int = 1) -> list[tuple[str | None, str]]:
    """(type, value) of every cell; the type of a number is n or none, that of a text inlineStr."""
    sheet = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))
    assert not list(sheet.iter(f"{SPREADSHEET}f")), "a formula"
    return [(cell.get("t"), "".join(cell.itertext())) for cell in sheet.iter(f"{SPREADSHEET}c")]


@pytest.mark.parametrize(
    "typed", ["=1+1", "+48600100200", "-1", "@SUM(A1)", "{=1}", "https://x.example", "007"]
)
def test_a_text_stays_a_text(typed: str) -> None:
    book = written([[typed]])
    assert cells(book)[2:] == [("inlineStr", typed)]
    assert not [name for name in book.namelist() if "rels" in name and "worksheets" in name]


def test_numbers_money_and_dates_can_be_added_up() -> None:
    rows = [[7, Decimal("0.1599")], [date(2026, 3, 1), datetime(2026, 3, 1, 12, 0)]]  # noqa: DTZ001
    found = cells(written(rows))[2:]
    assert [value for kind, value in found if kind in (None, "n")] == ["7", "0.1599", "46082", "46082.5"]


def test_nothing_is_a_header_alone() -> None:
    assert cells(written([])) == [("inlineStr", "a"), ("inlineStr", "b")]


def test_what_does_not_fit_a_sheet_goes_on_to_the_next() -> None:
    book = written([[number] for number in range(5)], most_rows=3)
    assert [len(cells(book, number)) - 2 for number in (1, 2, 3)] == [2, 2, 1]
    assert "SMS 3" in book.read("xl/workbook.xml").decode()


def test_control_characters_do_no_harm() -> None:
    assert len(cells(written([["a\x00\x0b\ud7ffb"]]))) == 3
