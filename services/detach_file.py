"""Taking a file off a draft; the file goes too when nothing else uses it."""

from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.errors import DomainError
from models.attachment import Attachment
from models.campaign import Campaign, campaign_attachment
from models.message import message_attachment
from services.approve_campaign import hold_draft
from services.draft_campaign import discard_draft


class NotAttached(DomainError):
    message = "This file is no longer attached."


class Store(Protocol):
    def delete(self, name: str) -> None: ...


def detach(session: Session, campaign: Campaign, attachment_id: int, *, store: Store) -> None:
    """Take one file off a draft. Commits. Raises NotAttached, AlreadyApproved."""
    hold_draft(session, campaign.id)
    attachment = next((file for file in campaign.attachments if file.id == attachment_id), None)
    if attachment is None:
        raise NotAttached
    campaign.attachments.remove(attachment)
    session.flush()
    _forget(session, [attachment], store)


def discard_with_files(session: Session, campaign: Campaign, *, store: Store) -> bool:
    """Delete a draft with its files; False when it is a draft no longer. Commits."""
    files = list(campaign.attachments)
    if not discard_draft(session, campaign.id):
        return False
    _forget(session, files, store)
    return True


def _forget(session: Session, files: list[Attachment], store: Store) -> None:
    """Delete the files nothing refers to: first the rows, then the bytes, so that no row lacks its bytes."""
    unused = [(file.id, file.uuid) for file in files if not _is_used(session, file.id)]
    session.execute(sa.delete(Attachment).where(Attachment.id.in_([number for number, _uuid in unused])))
    session.commit()
    for _number, uuid in unused:
        store.delete(uuid)


def _is_used(session: Session, attachment_id: int) -> bool:
    links = (campaign_attachment, message_attachment)
    return any(
        session.scalar(sa.select(sa.exists().where(link.c.attachment_id == attachment_id))) for link in links
    )
