"""What the API takes and answers: one OpenAPI 3.1 document, from which requests are checked too."""

from typing import Any

from domain.channel import Channel
from domain.events import EventKind
from domain.notification_rules import Withheld

LARGEST_ID = 2**63 - 1
LONGEST_KEY = 150
KEY_PATTERN = r"^[!-~]{1,150}$"

EVENT: dict[str, Any] = {
    "type": "object",
    "description": "An event that brought a record where it stands, which itself stays as it is; its client "
    "is told as the rules say.",
    "properties": {
        "event": {"type": "string", "enum": [kind.value for kind in EventKind]},
        "record_id": {
            "type": "integer",
            "minimum": 1,
            "maximum": LARGEST_ID,
            "description": "The repair, ticket, payment or shipment, by its number here.",
        },
    },
    "required": ["event", "record_id"],
    "additionalProperties": False,
}
_NOTIFICATION: dict[str, Any] = {
    "type": "object",
    "properties": {
        "channel": {"type": "string", "enum": [Channel.EMAIL.value, Channel.SMS.value]},
        "message_id": {"type": ["integer", "null"], "description": "The message that was queued."},
        "reason": {
            "type": ["string", "null"],
            "enum": [*(reason.value for reason in Withheld), None],
            "description": "Why nothing was sent.",
        },
    },
    "required": ["channel", "message_id", "reason"],
}
_FIRED: dict[str, Any] = {
    "type": "object",
    "properties": {
        "event_id": {"type": "integer"},
        "notifications": {"type": "array", "items": {"$ref": "#/components/schemas/Notification"}},
    },
    "required": ["event_id", "notifications"],
}
_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457.",
    "properties": {
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"at": {"type": "string"}, "error": {"type": "string"}},
                "required": ["at", "error"],
            },
        },
    },
    "required": ["title", "status"],
}


def _answer(description: str, schema: str, media_type: str = "application/json") -> dict[str, Any]:
    reference = {"schema": {"$ref": f"#/components/schemas/{schema}"}}
    return {"description": description, "content": {media_type: reference}}


def _problem(description: str) -> dict[str, Any]:
    return _answer(description, "Problem", "application/problem+json")


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Goniec", "version": "1", "description": "Events that clients are told of."},
    "paths": {
        "/api/v1/events": {
            "post": {
                "operationId": "fireEvent",
                "summary": "Fire an event of a record",
                "security": [{"token": []}],
                "parameters": [
                    {
                        "name": "Idempotency-Key",
                        "in": "header",
                        "required": True,
                        "schema": {"type": "string", "pattern": KEY_PATTERN},
                        "description": "Fired once for each key of a token, however often it is sent; and "
                        "once for each change of the record, whatever the key.",
                    }
                ],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Event"}}},
                },
                "responses": {
                    "200": _answer(
                        "It was fired before, by this key or for this change: what was done then.", "Fired"
                    ),
                    "201": _answer("It was fired.", "Fired"),
                    "400": _problem("The body is no JSON, or the key is missing or malformed."),
                    "401": _problem("The token is missing, unknown or revoked."),
                    "403": _problem("The token does not open this."),
                    "404": _problem("There is no such record."),
                    "409": _problem(
                        "The key was used for another event, the record is in no such state, or there is no "
                        "offer to accept."
                    ),
                    "413": _problem("The body is too large."),
                    "415": _problem("The body is not application/json."),
                    "422": _problem("The body is not what the schema says."),
                },
            }
        }
    },
    "components": {
        "schemas": {"Event": EVENT, "Notification": _NOTIFICATION, "Fired": _FIRED, "Problem": _PROBLEM},
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
    },
}
