"""A spreadsheet as Excel keeps it (Office Open XML, ECMA-376), written row by row in constant memory."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO

import xlsxwriter  # type: ignore[import-untyped]

MOST_ROWS = 1_048_576
"""What one sheet can hold, its header included; more go on to the next sheet."""
GROSZE = -2
"""The exponent of an amount in whole grosze."""
_WIDTH, _LONGEST_TITLE = 18, 28  # of the 31 characters Excel allows


def write_workbook(
    target: BinaryIO,
    title: str,
    header: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    most_rows: int = MOST_ROWS,
) -> None:
    """Write a workbook: texts stay texts whatever they begin with, numbers and Decimals become numbers
    (Decimals shown with two decimals where they have two, else with four), dates and naive datetimes dates.
    ``rows`` are read once; nothing of them is kept.
    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        formats: dict[object, Any] = {
            Decimal: book.add_format({"num_format": "0.0000"}),
            GROSZE: book.add_format({"num_format": "0.00"}),
            datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            date: book.add_format({"num_format": "yyyy-mm-dd"}),
        }
        bold = book.add_format({"bold": True})
        sheet, place = None, most_rows
        for row in rows:
            if sheet is None or place >= most_rows:
                sheet, place = _new_sheet(book, title, header, bold), 1
            for column, cell in enumerate(row):
                _write(sheet, place, column, cell, formats.get(_kind(cell)))
            place += 1
        if sheet is None:
            _new_sheet(book, title, header, bold)


def _kind(cell: Any) -> object:
    return GROSZE if isinstance(cell, Decimal) and cell.as_tuple().exponent == GROSZE else type(cell)


def _new_sheet(book: Any, title: str, header: Sequence[str], bold: Any) -> Any:
    number = len(book.worksheets()) + 1
    sheet = book.add_worksheet(
        title[:_LONGEST_TITLE] if number == 1 else f"{title[:_LONGEST_TITLE]} {number}"
    )
    sheet.set_column(0, len(header) - 1, _WIDTH)
    sheet.freeze_panes(1, 0)
    for column, name in enumerate(header):
        sheet.write_string(0, column, name, bold)
    return sheet


def _write(sheet: Any, row: int, column: int, cell: Any, form: Any) -> None:
    if isinstance(cell, date):  # a datetime is one, too
        sheet.write_datetime(row, column, cell, form)
    elif isinstance(cell, int | Decimal):
        sheet.write_number(row, column, cell, form)
    elif cell is not None:
        sheet.write_string(row, column, str(cell))
