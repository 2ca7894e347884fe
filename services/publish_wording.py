"""Publish a new text of a consent."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session, scoped_session

from domain.errors import DomainError
from models.consent import ConsentDefinition, ConsentWording
from services.hold_row import hold_row


class WordingIsEmpty(DomainError):
    message = "The text of a consent cannot be empty."


def publish_wording(
    session: Session | scoped_session[Any],
    *,
    definition: ConsentDefinition,
    text: str,
    invalidates_previous: bool,
    actor_id: int | None,
    now: datetime,
) -> ConsentWording | None:
    """Append the text as the next version, in the caller's transaction; none when it is current already.

    With ``invalidates_previous`` grants under older versions stop counting. Raises WordingIsEmpty.
    """
    text = text.strip()
    if not text:
        raise WordingIsEmpty
    hold_row(session, ConsentDefinition.updated_at, definition.id)
    session.refresh(definition, ["wordings"])
    latest = definition.wordings[-1] if definition.wordings else None
    if latest is not None and latest.text == text:
        return None
    wording = ConsentWording(
        version=latest.version + 1 if latest else 1,
        text=text,
        invalidates_previous=invalidates_previous and latest is not None,
        created_at=now,
        created_by_id=actor_id,
    )
    definition.wordings.append(wording)
    if wording.invalidates_previous:
        definition.minimum_version = wording.version
    session.flush()
    return wording
