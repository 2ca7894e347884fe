"""Numbers in addresses: a record's id fits into 64 bits, anything longer names no page."""

from flask import Flask
from werkzeug.routing import IntegerConverter


class RecordNumber(IntegerConverter):
    """``<int:…>`` of at most 18 digits."""

    regex = r"\d{1,18}"


def init_app(app: Flask) -> None:
    """Before any route is added."""
    app.url_map.converters["int"] = RecordNumber
