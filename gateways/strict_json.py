"""JSON from somebody else, read strictly: what is not exactly as promised is a ValueError.

The errors name what is amiss and repeat nothing of the text, so they may be logged.
"""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

_ADDRESS = re.compile(r"https?://[\x21-\x7e]{1,1990}")  # no longer than its column, 2000


def read_json(raw: bytes) -> dict[str, Any]:
    """A JSON object in UTF-8 in which no name stands twice. ValueError for anything else, however deep."""
    try:
        document = json.loads(raw.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise ValueError("no JSON") from None
    if not isinstance(document, dict):
        raise ValueError("no JSON object")
    return document


def text(fields: Mapping[str, Any], name: str, shape: re.Pattern[str]) -> str:
    """The text of that name, which is of that shape as a whole."""
    value = fields.get(name)
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise ValueError(name)
    return value


def whole_number(fields: Mapping[str, Any], name: str, least: int, most: int) -> int:
    """The whole number of that name between two others; ``true`` and ``1.0`` are none."""
    value = fields.get(name)
    if type(value) is not int or not least <= value <= most:
        raise ValueError(name)
    return value


def inner(fields: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The object of that name."""
    value = fields.get(name)
    if not isinstance(value, dict):
        raise ValueError(name)
    return value


def address(fields: Mapping[str, Any], name: str) -> str:
    """The http(s) address of that name, as `is_address` has it."""
    value = text(fields, name, _ADDRESS)
    if not is_address(value):
        raise ValueError(name)
    return value


def is_address(given: str) -> bool:
    """Whether a text is an http(s) address with a host, of printable ASCII, short enough to store."""
    try:
        return bool(_ADDRESS.fullmatch(given) and urlsplit(given).hostname)
    except ValueError:  # brackets that hold no IPv6 address
        return False


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):  # two readers could take two different amounts for the one that was signed
        raise ValueError("a name stands twice")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
