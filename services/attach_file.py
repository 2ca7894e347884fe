"""Attaching a file to a draft: name, type and size are checked, the bytes stored under our own UUID."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from domain.errors import DomainError
from models.attachment import Attachment
from models.campaign import Campaign
from services.approve_campaign import hold_draft

LONGEST_NAME = 150
_REFUSED = """
ade adp app bat chm cmd com cpl dll dmg exe hta ins iso isp jar js jse lib lnk mde msc msi msp mst pif ps1
scr sct sh sys vb vbe vbs vxd wsc wsf wsh
"""
REFUSED_ENDINGS = frozenset(_REFUSED.split())
"""Endings that large mail providers reject outright: one such file would make every message bounce."""
LONGEST_ENDING = 20
_UNSAFE = re.compile(r'[/\\:*?"<>|]+')
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_CONTAINERS = ("message/", "multipart/")
_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+_-]{0,60}")


class AttachmentRefused(DomainError):
    message = "The file cannot be attached."


class Store(Protocol):
    def save(self, content: bytes) -> tuple[str, str]: ...
    def delete(self, name: str) -> None: ...


class Limits(Protocol):
    @property
    def each(self) -> int: ...
    @property
    def together(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came in: the name and the type are its sender's."""

    filename: str
    content_type: str
    content: bytes


def attach(
    session: Session,
    campaign: Campaign,
    upload: Upload,
    *,
    store: Store,
    limits: Limits,
    created_by_id: int | None,
    now: datetime,
) -> Attachment:
    """Check and store one file; commits. Sizes in bytes.

    Raises AttachmentRefused with the reason, AlreadyApproved when there is no draft any more.
    """
    hold_draft(session, campaign.id)
    session.refresh(campaign, ["attachments"])
    attachment = store_file(
        upload,
        others=sum(other.size for other in campaign.attachments),
        store=store,
        limits=limits,
        created_by_id=created_by_id,
        now=now,
    )
    campaign.attachments.append(attachment)
    session.commit()
    return attachment


def store_file(
    upload: Upload,
    *,
    others: int,
    store: Store,
    limits: Limits,
    created_by_id: int | None,
    now: datetime,
) -> Attachment:
    """Check one file beside ``others`` bytes and store its own; the row is the caller's to add.

    Raises AttachmentRefused with the reason.
    """
    name = _checked(upload.filename)
    _check_size(name, len(upload.content), others, limits)
    uuid, digest = store.save(upload.content)
    return Attachment(
        uuid=uuid,
        filename=name,
        content_type=_declared_type(upload.content_type),
        size=len(upload.content),
        sha256=digest,
        created_at=now,
        created_by_id=created_by_id,
    )


def _checked(filename: str) -> str:
    # What nobody sees goes before anything is judged: "a.exe" with a zero-width end is "a.exe".
    seen = "".join(mark for mark in filename if unicodedata.category(mark) not in _UNSEEN)
    name = _UNSAFE.sub("_", seen.replace("\\", "/").rpartition("/")[2]).strip().rstrip(". ")
    if not name.strip("._ "):
        raise AttachmentRefused("The file has no name.")
    stem, dot, ending = name.rpartition(".")
    if dot and ending.lower() in REFUSED_ENDINGS:
        raise AttachmentRefused(
            "%(name)s: mail servers reject files of the type .%(ending)s.", name=name, ending=ending.lower()
        )
    if len(name) > LONGEST_NAME:
        has_ending = dot and len(ending) <= LONGEST_ENDING
        name = f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}" if has_ending else name[:LONGEST_NAME]
    return name.lstrip(". ")


def _declared_type(content_type: str) -> str:
    """A file is one part: what claims to hold parts of its own would be taken apart by its reader."""
    kind = content_type.partition(";")[0].strip().lower()
    is_plain = _TYPE.fullmatch(kind) and not kind.startswith(_CONTAINERS)
    return kind if is_plain else "application/octet-stream"


def _check_size(name: str, size: int, others: int, limits: Limits) -> None:
    if not size:
        raise AttachmentRefused("%(name)s is empty.", name=name)
    if size > limits.each:
        raise AttachmentRefused(
            "%(name)s is larger than %(limit)s MB.", name=name, limit=limits.each // 1024**2
        )
    if size + others > limits.together:
        raise AttachmentRefused(
            "The attachments together are larger than %(limit)s MB.", limit=limits.together // 1024**2
        )
