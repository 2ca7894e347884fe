"""A spreadsheet out of a query, row by row, safe to open in Excel."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

BOM = "\ufeff"
ROWS_AT_A_TIME = 500
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

_NEGATIVE_NUMBER = re.compile(r"-[0-9]+(?:[.,][0-9]+)?")


def safe_cell(value: Any) -> str:
    """A cell's text; what a spreadsheet would run as a formula gets an apostrophe (OWASP, CSV injection).

    A number is none, though it be negative and written as text: with an apostrophe it would be left out of a
    sum.
    """
    text = "" if value is None else str(value)
    if isinstance(value, int | Decimal) or _NEGATIVE_NUMBER.fullmatch(text):
        return text
    risky = text.startswith(_FORMULA_STARTS) or text.lstrip().startswith(_FORMULA_STARTS)
    return f"'{text}" if risky else text


def csv_lines(
    header: Iterable[Any], rows: Iterable[Iterable[Any]], delimiter: str, *, bom: bool = True
) -> Iterator[str]:
    """The file in pieces: a BOM so that Excel reads UTF-8, and then so many rows a piece: a server sends each
    piece off by itself, which costs more than the row.

    ``bom``: False for a program at the other end, which would take it for a letter of the first name. A
    spreadsheet that parts cells by semicolons reads decimals with a comma, and only those as numbers.
    """
    comma = bom and delimiter == ";"
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter)
    buffer.write(BOM if bom else "")
    writer.writerow([safe_cell(cell) for cell in header])
    for place, row in enumerate(rows, start=1):
        if place % ROWS_AT_A_TIME == 0:
            yield _taken(buffer)
        writer.writerow([_cell(cell, comma) for cell in row])
    yield _taken(buffer)


def _cell(value: Any, comma: bool) -> str:
    text = safe_cell(value)
    return text.replace(".", ",") if comma and isinstance(value, Decimal) else text


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
