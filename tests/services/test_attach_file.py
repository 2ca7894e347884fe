"""Files of a draft: checked, stored under a name of our own, gone when nothing uses them."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.delivery import CampaignStatus
from gateways.files import FileStore
from models import db
from models.attachment import Attachment
from models.campaign import Campaign
from services.approve_campaign import AlreadyApproved
from services.attach_file import LONGEST_NAME, AttachmentRefused, Upload, attach
from services.detach_file import NotAttached, detach, discard_with_files
from tests import factories as make


@dataclass(frozen=True)
class Limits:
    each: int = 10
    together: int = 15


@pytest.fixture
def session(sqlite_app: Flask) -> Session:
    return db.session()


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "stored")


@pytest.fixture
def draft(session: Session) -> Campaign:
    return make.make_draft(session, make.make_investment(session))


def put(
    session: Session,
    draft: Campaign,
    store: FileStore,
    now: datetime,
    name: str = "cennik.pdf",
    content: bytes = b"12345",
    kind: str = "application/pdf",
) -> Attachment:
    return attach(
        session,
        draft,
        Upload(name, kind, content),
        store=store,
        limits=Limits(),
        created_by_id=None,
        now=now,
    )


def files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "stored").rglob("*") if path.is_file()]


def test_the_bytes_lie_under_a_uuid_and_the_name_is_only_told(
    session: Session, draft: Campaign, store: FileStore, now: datetime, tmp_path: Path
) -> None:
    stored = put(session, draft, store, now, "Cennik 2026.pdf")
    assert stored.filename == "Cennik 2026.pdf" and stored.size == 5
    assert [path.name for path in files(tmp_path)] == [str(UUID(stored.uuid))]
    assert store.read(stored.uuid) == b"12345"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\anna\\oferta.docx", "oferta.docx"),
        ("rzut\u202egnp.pdf", "rzutgnp.pdf"),
        ("a\r\nX-Header: b.pdf", "aX-Header_ b.pdf"),
        (f"{'ż' * 300}.pdf", f"{'ż' * (LONGEST_NAME - 4)}.pdf"),
        (f"a.{'b' * 300}", f"a.{'b' * (LONGEST_NAME - 2)}"),
        (".profil", "profil"),
    ],
)
def test_a_name_is_kept_without_what_could_harm(
    session: Session, draft: Campaign, store: FileStore, now: datetime, given: str, kept: str
) -> None:
    assert put(session, draft, store, now, given).filename == kept


@pytest.mark.parametrize(
    "name",
    [
        "wirus.exe",
        "WIRUS.EXE",
        "faktura.pdf.js",
        "x.docm.lnk",
        ".exe",
        "a.exe\u200b",
        "a.e\u00adxe",
        "a.exe. ",
        "...",
        "\u200b",
        "",
    ],
)
def test_a_file_that_would_make_every_message_bounce_is_refused(
    session: Session, draft: Campaign, store: FileStore, now: datetime, name: str, tmp_path: Path
) -> None:
    with pytest.raises(AttachmentRefused):
        put(session, draft, store, now, name)
    assert files(tmp_path) == []


@pytest.mark.parametrize("kind", ["evil\r\nx: y", "message/rfc822", "Multipart/Mixed; boundary=x"])
def test_a_type_that_is_none_or_has_parts_of_its_own_is_told_as_bytes(
    session: Session, draft: Campaign, store: FileStore, now: datetime, kind: str
) -> None:
    assert put(session, draft, store, now, kind=kind).content_type == "application/octet-stream"


@pytest.mark.parametrize("size", [0, 11])
def test_an_empty_file_and_one_over_the_limit_are_refused(
    session: Session, draft: Campaign, store: FileStore, now: datetime, size: int
) -> None:
    with pytest.raises(AttachmentRefused):
        put(session, draft, store, now, content=b"x" * size)


def test_files_count_together_too(session: Session, draft: Campaign, store: FileStore, now: datetime) -> None:
    put(session, draft, store, now, content=b"x" * 10)
    put(session, draft, store, now, content=b"x" * 5)
    with pytest.raises(AttachmentRefused, match="together"):
        put(session, draft, store, now, content=b"x")


def test_a_file_taken_off_is_gone(
    session: Session, draft: Campaign, store: FileStore, now: datetime, tmp_path: Path
) -> None:
    stored = put(session, draft, store, now)
    detach(session, draft, stored.id, store=store)
    assert draft.attachments == [] and files(tmp_path) == []
    with pytest.raises(NotAttached):
        detach(session, draft, 404, store=store)


def test_a_file_somebody_else_uses_stays(
    session: Session, draft: Campaign, store: FileStore, now: datetime, tmp_path: Path
) -> None:
    stored = put(session, draft, store, now)
    other = make.make_message(session)
    other.attachments.append(stored)
    session.commit()
    assert discard_with_files(session, draft, store=store) is True
    assert len(files(tmp_path)) == 1
    assert session.scalar(sa.select(sa.func.count(Attachment.id))) == 1


def test_a_campaign_under_way_keeps_its_files(
    session: Session, draft: Campaign, store: FileStore, now: datetime, tmp_path: Path
) -> None:
    stored = put(session, draft, store, now)
    draft.status = CampaignStatus.SENDING
    draft.approved_at, draft.frozen_content = now, {}
    session.commit()
    with pytest.raises(AlreadyApproved):
        detach(session, draft, stored.id, store=store)
    with pytest.raises(AlreadyApproved):
        put(session, draft, store, now)
    assert discard_with_files(session, draft, store=store) is False
    assert len(files(tmp_path)) == 1
