"""What an exported spreadsheet holds is text, whatever somebody typed."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from domain.csv_text import csv_lines, safe_cell


@pytest.mark.parametrize(
    "typed",
    [
        "=1+1",
        "+48 1",
        "-1+1",
        "-A1",
        "-1.2.3",
        "-",
        "-.5",
        "-1\n",
        "--1",
        "-1e9",
        "-\u0661",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "\u00a0=1",
        "\uff1d1",
    ],
)
def test_a_cell_that_a_spreadsheet_would_compute_is_marked_as_text(typed: str) -> None:
    assert safe_cell(typed) == f"'{typed}"


@pytest.mark.parametrize("plain", ["Łąka", "a=b", "1-2", "", "anna@poczta.example"])
def test_other_cells_are_as_they_were_typed(plain: str) -> None:
    assert safe_cell(plain) == plain


def test_a_negative_number_can_be_added_up() -> None:
    assert [safe_cell(number) for number in (-1, Decimal("-81.30"))] == ["-1", "-81.30"]
    assert [safe_cell(text) for text in ("-81.30", "-81,3000", "-7")] == ["-81.30", "-81,3000", "-7"]


def test_a_line_break_stays_inside_its_cell() -> None:
    assert "".join(csv_lines(["a"], [["x\ny;z"]], ";")) == '\ufeffa\r\n"x\ny;z"\r\n'


def test_a_program_reads_the_file_without_a_mark_at_its_head() -> None:
    assert "".join(csv_lines(["a"], [["x"]], ",", bom=False)) == "a\r\nx\r\n"


@pytest.mark.parametrize(
    ("delimiter", "bom", "line"),
    [(";", True, "-162,60;a.b"), (",", True, "-162.60,a.b"), (";", False, "-162.60;a.b")],
)
def test_an_amount_is_a_number_to_the_spreadsheet_that_reads_the_file(
    delimiter: str, bom: bool, line: str
) -> None:
    text = "".join(csv_lines(["a", "b"], [[Decimal("-162.60"), "a.b"]], delimiter, bom=bom))
    assert text.splitlines()[1] == line


def test_a_long_file_leaves_in_few_pieces_and_before_its_last_row_is_read() -> None:
    read: list[int] = []

    def rows() -> Iterator[list[int]]:
        for number in range(10_000):
            read.append(number)
            yield [number]

    pieces = csv_lines(["a"], rows(), ",", bom=False)
    first = next(pieces)
    assert first.startswith("a\r\n0\r\n") and len(read) < 1_000
    whole = [first, *pieces]
    assert len(whole) <= 30
    assert "".join(whole).splitlines() == ["a", *map(str, range(10_000))]
