"""A spreadsheet as the answer to a request."""

from collections.abc import Iterable, Sequence
from tempfile import TemporaryFile
from typing import Any

from flask import Response, send_file

from services.workbook import write_workbook

_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook_answer(title: str, header: Sequence[str], rows: Iterable[Sequence[Any]], name: str) -> Response:
    """Written to a file of the disk first: a workbook is a ZIP, whose table of contents comes last."""
    file = TemporaryFile()  # noqa: SIM115 (the response closes it)
    write_workbook(file, title, header, rows)
    file.seek(0)
    answer = send_file(file, mimetype=_TYPE, as_attachment=True, download_name=name)
    answer.headers["Cache-Control"] = "no-store"
    return answer
