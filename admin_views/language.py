"""The language switch."""

from flask import Blueprint, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from extensions.babel import LANGUAGES
from models import db

language = Blueprint("language", __name__)


@language.post("/admin/language")
def switch() -> ResponseReturnValue:
    """Remember the choice: in the account of whoever is logged in, in the session of a stranger."""
    chosen = request.form.get("language", "")
    if chosen in LANGUAGES:
        session["language"] = chosen
        if current_user.is_authenticated:
            current_user.locale = chosen
            db.session.commit()
    return redirect(_where_from())


def _where_from() -> str:
    path = request.form.get("next", "")
    # Only a path of ours: "//host" and "/\host" lead elsewhere.
    if path.startswith("/admin/") and "\\" not in path and not path.startswith("//"):
        return path
    return url_for("admin.index")
