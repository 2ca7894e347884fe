"""What a form is about to change, old value beside new, for the audit."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, scoped_session
from sqlalchemy.orm.attributes import History

from models.encrypted import EncryptedText

# Derived, or not to be written down a second time.
LEFT_OUT = frozenset({"updated_at", "search", "address_digest", "fs_uniquifier"})
SECRET = frozenset({"password", "tf_totp_secret", "callback_secret"})


def pending_changes(session: Session | scoped_session[Any], main: object) -> dict[str, Any]:
    """The unflushed changes of a session as JSON: those of ``main``, and of the records that hang on it."""
    related = [
        {"entity": row.__tablename__, "id": _identity(row), **_changes_of(session, row)}
        for row in [*session.new, *session.dirty, *session.deleted]
        if row is not main
    ]
    own = _changes_of(session, main)
    return {
        **own,
        **({"related": kept} if (kept := [entry for entry in related if _says_something(entry)]) else {}),
    }


def values_of(record: object) -> dict[str, Any]:
    """A record's columns as JSON, for the entry that says it was removed."""
    state = sa.inspect(record)
    return {
        attribute.key: _plain(attribute.key, attribute.columns[0], getattr(record, attribute.key))
        for attribute in state.mapper.column_attrs
        if attribute.key not in LEFT_OUT
    }


def _says_something(entry: dict[str, Any]) -> bool:
    return bool(entry.get("changes")) or entry.get("removed") is True


def _changes_of(session: Session | scoped_session[Any], record: Any) -> dict[str, Any]:
    if record in session.deleted:
        return {"removed": True, "changes": values_of(record)}
    state = sa.inspect(record)
    changes: dict[str, Any] = {}
    for attribute in state.mapper.column_attrs:
        history = state.attrs[attribute.key].history
        if attribute.key not in LEFT_OUT and history.has_changes():
            changes[attribute.key] = _pair(attribute.key, attribute.columns[0], history)
    for relationship in state.mapper.relationships:
        history = state.attrs[relationship.key].history
        if relationship.secondary is not None and history.has_changes():
            changes[relationship.key] = [
                [str(row) for row in history.deleted],
                [str(row) for row in history.added],
            ]
    return {"changes": changes}


def _pair(name: str, column: Any, history: History) -> list[Any]:
    old = history.deleted[0] if history.deleted else None
    new = history.added[0] if history.added else None
    return [_plain(name, column, old), _plain(name, column, new)]


def _plain(name: str, column: Any, value: Any) -> Any:
    if value is not None and (name in SECRET or isinstance(column.type, EncryptedText)):
        return "•••"
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return value if isinstance(value, (str, int, float, bool, list, dict, type(None))) else str(value)


def _identity(record: object) -> str:
    identity = sa.inspect(record).identity
    return "-".join(str(part) for part in identity) if identity else ""
