"""Files for a message to one client: kept while it is being written, its own once it is sent."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.attachment import Attachment
from services.attach_file import Limits, Upload, store_file
from services.detach_file import NotAttached, forget_unused, is_used

FORGOTTEN_AFTER = timedelta(days=1)


class Store(Protocol):
    def save(self, content: bytes) -> tuple[str, str]: ...
    def delete(self, name: str) -> None: ...


def keep_file(
    session: Session,
    upload: Upload,
    kept: Sequence[Attachment],
    *,
    store: Store,
    limits: Limits,
    created_by_id: int | None,
    now: datetime,
) -> Attachment:
    """Check one file and store it beside those kept already; commits. Raises AttachmentRefused.

    The author's files of messages that were begun a day ago and never sent are thrown away with it.
    """
    waiting = sa.select(Attachment).where(
        Attachment.created_by_id == created_by_id, Attachment.created_at < now - FORGOTTEN_AFTER, ~is_used()
    )
    forget_unused(session, session.scalars(waiting).all(), store)
    others = sum(file.size for file in kept)
    file = store_file(upload, others=others, store=store, limits=limits, created_by_id=created_by_id, now=now)
    session.add(file)
    session.commit()
    return file


def kept_files(session: Session, uuids: Sequence[str], created_by_id: int | None) -> list[Attachment]:
    """Those of the author's own files that no message has yet, in the order given."""
    mine = sa.select(Attachment).where(
        Attachment.uuid.in_(list(uuids)), Attachment.created_by_id == created_by_id, ~is_used()
    )
    found = {file.uuid: file for file in session.scalars(mine)}
    return [found[uuid] for uuid in dict.fromkeys(uuids) if uuid in found]


def files_to_send(session: Session, uuids: Sequence[str], created_by_id: int | None) -> list[Attachment]:
    """All of `kept_files`. Raises NotAttached when one is missing: nothing leaves without what its author saw
    attached.
    """
    files = kept_files(session, uuids, created_by_id)
    if len(files) != len(set(uuids)):
        raise NotAttached
    return files
