"""Requests that hold a NUL character: PostgreSQL stores and compares no such text, so no page is asked."""

from collections.abc import Iterator
from urllib.parse import unquote

from flask import Flask, request
from werkzeug.exceptions import BadRequest

GATEWAYS = "webhooks"


class HoldsNul(BadRequest):
    """The request holds a NUL character, which no keyboard writes."""


def init_app(app: Flask) -> None:
    app.before_request(_refuse_nul)


def _refuse_nul() -> None:
    if any("\0" in text for text in _texts()):
        raise HoldsNul


def _texts() -> Iterator[str]:
    """Every text of the request's address and form.

    What a gateway sends is left to its reader: UTF-16 in an address is full of NULs, and a body is read only
    up to that route's own limit. JSON is left to `admin_views.campaign_records`.
    """
    yield from (value for value in (request.view_args or {}).values() if isinstance(value, str))
    if request.blueprint == GATEWAYS:
        return
    for name, value in [*request.args.items(multi=True), *request.form.items(multi=True)]:
        yield name
        # A list's address is taken apart again by the action that is asked to act on all of it.
        yield unquote(value) if name == "url" else value
    yield from (file.filename or "" for file in request.files.values())
