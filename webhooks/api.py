"""``/api/v1/…``: other systems, by a token in the header. Answers are JSON, refusals RFC 9457."""

import json
import re
from hashlib import sha256
from typing import Any, NoReturn

from flask import Response, abort, request
from jsonschema import Draft202012Validator
from werkzeug.exceptions import HTTPException

from domain.errors import DomainError
from domain.events import EventKind
from extensions.wiring import wiring
from models import db
from models.api_token import ApiToken
from services.api_tokens import EVENTS_WRITE, token_of
from services.fire_event import Fired
from services.tell_of_record import NoSuchRecord, Told, tell_of_record
from webhooks.api_document import DOCUMENT, EVENT, KEY_PATTERN

LARGEST_BODY = 16 * 1024
_MOST_ERRORS = 20
_EVENT = Draft202012Validator(EVENT)


def document() -> Response:
    """The OpenAPI document."""
    return _json(DOCUMENT, 200)


def fire() -> Response:
    """Fire an event; see `webhooks.api_document` for what is taken and answered."""
    token = _token(EVENTS_WRITE)
    key = request.headers.get("Idempotency-Key", "")
    if not re.fullmatch(KEY_PATTERN, key):
        _refuse(400, "Send an Idempotency-Key of 1 to 150 visible ASCII characters.")
    asked = _body()
    told = Told(EventKind(asked["event"]), int(asked["record_id"]), f"api:{token.id}:{key}", _digest(asked))
    hands = wiring()
    try:
        fired = tell_of_record(
            db.session(), told, runtime=hands.ejs(), now=hands.clock(), enqueue=hands.doorbell.ring
        )
    except NoSuchRecord as error:
        _refuse(404, str(error))
    except DomainError as error:
        _refuse(409, str(error))
    return _json(_said(fired), 201 if fired.is_new else 200)


def _token(scope: str) -> ApiToken:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    token = token_of(db.session(), text.strip(), wiring().clock()) if scheme.lower() == "bearer" else None
    if token is None:
        _refuse(401, "Send a valid token: Authorization: Bearer …", {"WWW-Authenticate": "Bearer"})
    if scope not in token.scopes:
        _refuse(403, f"This token does not open {scope}.")
    return token


def _body() -> dict[str, Any]:
    request.max_content_length = LARGEST_BODY
    if request.mimetype != "application/json":
        _refuse(415, "Send application/json.")
    try:
        raw = request.get_data(cache=False)
        asked = json.loads(raw.decode("utf-8"), parse_constant=_no_number)
        errors = _errors(asked)
    except HTTPException:
        _refuse(413, f"Send at most {LARGEST_BODY} bytes.")
    except (ValueError, RecursionError):
        _refuse(400, "The body is no JSON.")
    if errors:
        _refuse(422, "The body is not what the schema says.", errors=errors)
    return dict(asked)


def _errors(asked: object) -> list[dict[str, str]]:
    """Raises RecursionError for what is nested nearly as deep as JSON can be read."""
    return [
        {"at": "/".join(map(str, error.absolute_path)), "error": error.message[:200]}
        for error, _place in zip(_EVENT.iter_errors(asked), range(_MOST_ERRORS), strict=False)
    ]


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _digest(asked: dict[str, Any]) -> str:
    plain = {"event": asked["event"], "record_id": int(asked["record_id"])}
    return sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def _said(fired: Fired) -> dict[str, Any]:
    return {
        "event_id": fired.event.id,
        "notifications": [
            {
                "channel": each.channel.value,
                "message_id": each.message_id,
                "reason": each.reason.value if each.reason else None,
            }
            for each in fired.event.notifications
        ],
    }


def _json(content: dict[str, Any], status: int, mimetype: str = "application/json") -> Response:
    return Response(json.dumps(content, ensure_ascii=False), status, mimetype=mimetype)


def _refuse(
    status: int,
    title: str,
    headers: dict[str, str] | None = None,
    errors: list[dict[str, str]] | None = None,
) -> NoReturn:
    problem: dict[str, Any] = {"title": title, "status": status}
    if errors:
        problem["errors"] = errors
    answer = _json(problem, status, "application/problem+json")
    answer.headers.update(headers or {})
    abort(answer)
