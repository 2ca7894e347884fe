"""`/logo/<uuid>.png`: the company's logo, for whoever opens one of our messages.

The address is the same for every recipient, so that opening a message tells nobody who opened it, and what
it names never changes.
"""

from uuid import UUID

from flask import Response, abort, current_app

from extensions.assets import YEAR
from extensions.wiring import wiring
from gateways.files import FileMissing
from gateways.logo_picture import TYPES
from models import db
from services.branding import is_logo

NOT_FOUND = 404


def logo(name: UUID, ending: str) -> Response:
    """The picture, where that is or was the logo; nothing else of the file store is given out."""
    if not is_logo(db.session(), str(name), TYPES[ending]):
        abort(NOT_FOUND)
    try:
        content = wiring().files.read(str(name))
    except FileMissing:
        abort(NOT_FOUND)
    response = current_app.response_class(content, mimetype=TYPES[ending])
    response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # a mail program's page shows it
    return response
