"""A spreadsheet out of a query, row by row, safe to open in Excel."""

import csv
import io
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

BOM = "\ufeff"
ROWS_AT_A_TIME = 500
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(value: Any) -> str:
    """A cell's text; what a spreadsheet would run as a formula gets an apostrophe (OWASP, CSV injection).

    A number is none, though it be negative: with an apostrophe it could not be added up.
    """
    text = "" if value is None else str(value)
    if isinstance(value, int | Decimal):
        return text
    risky = text.startswith(_FORMULA_STARTS) or text.lstrip().startswith(_FORMULA_STARTS)
    return f"'{text}" if risky else text


def csv_lines(
    header: Iterable[Any], rows: Iterable[Iterable[Any]], delimiter: str, *, bom: bool = True
) -> Iterator[str]:
    """The file in pieces: a BOM so that Excel reads UTF-8, the header, then a piece per row.

    ``bom``: False for a program at the other end, which would take it for a letter of the first name.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter)
    buffer.write(BOM if bom else "")
    writer.writerow([safe_cell(cell) for cell in header])
    for row in rows:
        yield _taken(buffer)
        writer.writerow([safe_cell(cell) for cell in row])
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
