"""What a person reads when there is no page to show."""

import json
import logging
from http import HTTPStatus

from flask import Flask, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import BadRequest, HTTPException

from admin_views.access import asks_as_script
from extensions.babel import DEFAULT_LANGUAGE, LANGUAGES
from extensions.nul import HoldsNul
from models import db

log = logging.getLogger(__name__)


class NotUnderstood(BadRequest):
    """A request that says too little, or something else than its page would; its description is one sentence
    in the person's language.
    """


def register_error_pages(app: Flask) -> None:
    for code in (400, 403, 404, 405, 413, 415, 429, 500):
        app.register_error_handler(code, _page)


def _page(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    try:
        return _written(error, code)
    except Exception as failure:  # noqa: BLE001 - what failed may be what every page needs: the database
        log.error("the page of an error could not be written: %s", type(failure).__name__)
        language = request.accept_languages.best_match(LANGUAGES, DEFAULT_LANGUAGE)
        with force_locale(language or DEFAULT_LANGUAGE):
            return _plain(error, code)


def _written(error: HTTPException, code: int) -> ResponseReturnValue:
    if code == HTTPStatus.INTERNAL_SERVER_ERROR:
        db.session.rollback()  # whatever failed may have left the session unusable
    if request.path.startswith("/api/"):
        return _problem(error, code)
    if asks_as_script():
        return _plain(error, code)
    title, hint = _words(error, code)
    return render_template("panel/problem.html", code=code, title=title, hint=hint), code


def _problem(error: HTTPException, code: int) -> Response:
    """What another system reads: RFC 9457, in English like every answer of the API, with the headers of the
    refusal (``Allow``, ``Retry-After``).
    """
    problem = json.dumps({"title": f"{HTTPStatus(code).phrase}.", "status": code})
    answer = Response(problem, code, mimetype="application/problem+json")
    answer.headers.update((name, value) for name, value in error.get_headers() if name != "Content-Type")
    return answer


def _plain(error: HTTPException, code: int) -> Response:
    return Response(" ".join(_words(error, code)), status=code, mimetype="text/plain")


def _words(error: HTTPException, code: int) -> tuple[str, str]:
    if isinstance(error, CSRFError):
        return (
            gettext("The form has expired."),
            gettext("Go back, reload the page and send it again."),
        )
    if isinstance(error, HoldsNul):
        return (
            gettext("The text holds a NUL character, which cannot be stored."),
            gettext("Take it out and send it again."),
        )
    if isinstance(error, NotUnderstood):
        return str(error.description), gettext("Nothing was changed.")
    words = {
        403: (
            gettext("You may not see this page."),
            gettext("Ask an administrator for the permission you need."),
        ),
        404: (gettext("There is no such page."), gettext("It may have been removed, or the link is wrong.")),
        413: (gettext("The files are too large."), gettext("Go back and attach smaller ones.")),
        429: (gettext("Too many attempts."), gettext("Wait a few minutes and try again.")),
        500: (
            gettext("Something went wrong on our side."),
            gettext("Nothing was saved. Try again in a moment."),
        ),
    }
    fallback = (gettext("This cannot be done."), gettext("Go back and try again."))
    return words.get(code, fallback)
