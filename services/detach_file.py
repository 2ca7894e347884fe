"""Taking a file off a draft; the file goes too when nothing else uses it."""

from collections.abc import Iterable
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
    forget_unused(session, [attachment], store)


def discard_with_files(session: Session, campaign: Campaign, *, store: Store) -> bool:
    """Delete a draft with its files; False when it is a draft no longer. Commits."""
    files = list(campaign.attachments)
    if not discard_draft(session, campaign.id):
        return False
    forget_unused(session, files, store)
    return True


def forget_unused(session: Session, files: Iterable[Attachment], store: Store) -> None:
    """Delete those that nothing refers to: first the rows, then the bytes, so that no row lacks its bytes.

    Commits.
    """
    unused = sa.select(Attachment.id, Attachment.uuid).where(
        Attachment.id.in_([file.id for file in files]), ~is_used()
    )
    names = dict(session.execute(unused).all())
    session.execute(sa.delete(Attachment).where(Attachment.id.in_(names)))
    session.commit()
    for uuid in names.values():
        store.delete(uuid)


def is_used() -> sa.ColumnElement[bool]:
    """Whether a campaign or a message has the attachment."""
    links = (campaign_attachment, message_attachment)
    return sa.or_(*(sa.exists().where(link.c.attachment_id == Attachment.id) for link in links))
