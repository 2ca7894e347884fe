"""The company's look: on every kind of e-mail from the moment it is saved, and on none approved before."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from PIL import Image
from sqlalchemy.orm import Session

from domain.branding import Branding
from domain.channel import Channel, Purpose
from domain.events import EventKind
from extensions.wiring import wiring
from gateways.files import FileStore
from gateways.logo_picture import LogoPicture, logo_picture
from models import db
from models.audit import AuditDetail
from models.campaign import Campaign
from models.conversation import Conversation
from models.message import Message
from models.setting import Setting
from models.sms_account import SmsAccount
from sandbox.sample_account import write_account
from services.alert_low_balance import alert_low_balance
from services.answer_conversation import AnswerOrder, answer_conversation
from services.approve_campaign import approve_campaign
from services.ask_for_consent import Asking, ask_to_confirm
from services.branding import branding_in_force, is_logo, newest_version
from services.fire_event import Occurrence, fire_event
from services.invoice_settings import BUYER, invoice_settings, save_settings
from services.mail_invoice import mail_waiting_invoices
from services.prepare_order import prepare_order
from services.preview_branding import preview_branding
from services.read_message import read_message
from services.save_branding import Change, Look, reset_branding, save_branding
from services.send_single import SingleOrder, send_single
from services.send_test import send_test
from services.write_single import Written
from tests import factories as make
from tests.service_desk import make_told_client, record_for
from tests.services.sms_scene import top_up

BASE = "https://goniec.example"
FOOTER = "<p>ul. Polna 1</p>"


def picture(colour: str = "teal") -> LogoPicture:
    out = BytesIO()
    Image.new("RGB", (480, 128), colour).save(out, "PNG")
    return logo_picture(out.getvalue())


LOOK = Look("Nadrzecze", "#0f5c5c", "#0b6b8a", FOOTER, picture())


@pytest.fixture
def session(sqlite_app: Flask) -> Iterator[Session]:
    yield db.session()


@pytest.fixture
def change(tmp_path: Path, now: datetime) -> Change:
    return Change(FileStore(tmp_path), BASE, None, now)


def ring(*_job: object) -> None:
    pass


# --- saving ---


def test_a_saved_look_is_in_force_and_audited(session: Session, change: Change) -> None:
    save_branding(session, LOOK, change)
    now, version = branding_in_force(session), newest_version(session)
    assert (
        version
        and now.logo
        and (now.company, now.colour, now.footer_html)
        == (
            "Nadrzecze",
            "#0f5c5c",
            FOOTER,
        )
    )
    assert now.logo.url == f"{BASE}/logo/{version.logo_uuid}.png" and (now.logo.width, now.logo.height) == (
        240,
        64,
    )
    detail = session.scalars(sa.select(AuditDetail)).one()
    assert detail.values["logo"] == version.logo_uuid and detail.values["link_colour"] == "#0b6b8a"


def test_the_logo_stays_until_it_is_taken_away_and_follows_the_application(
    session: Session, change: Change, tmp_path: Path, now: datetime
) -> None:
    save_branding(session, LOOK, change)
    first = newest_version(session)
    save_branding(session, Look("Nadrzecze"), Change(FileStore(tmp_path), "https://nowy.example", None, now))
    second = newest_version(session)
    assert first and second and second.logo_uuid == first.logo_uuid
    assert second.logo_url == f"https://nowy.example/logo/{first.logo_uuid}.png"
    save_branding(session, Look("Nadrzecze", without_logo=True), change)
    assert branding_in_force(session) == Branding("Nadrzecze")
    assert is_logo(session, str(first.logo_uuid), "image/png")  # a message of its day still shows it


def test_a_reset_leaves_the_companys_name_alone(session: Session, change: Change) -> None:
    save_branding(session, LOOK, change)
    reset_branding(session, change)
    assert branding_in_force(session) == Branding("Nadrzecze") and branding_in_force(session).is_plain


def test_a_look_that_cannot_be_saved_leaves_no_file(session: Session, change: Change, tmp_path: Path) -> None:
    session.execute(sa.text("DROP TABLE branding_version"))
    session.commit()
    with pytest.raises(sa.exc.OperationalError):
        save_branding(session, LOOK, change)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert session.get(Setting, "company.name") is None


def test_a_preview_shows_a_picture_that_is_not_saved_yet(session: Session, change: Change) -> None:
    shown = preview_branding(session, LOOK)
    assert 'src="data:image/png;base64,' in shown.html and "ul. Polna 1" in shown.text
    assert newest_version(session) is None
    save_branding(session, LOOK, change)
    assert f'src="{BASE}/logo/' in preview_branding(session, Look("Nadrzecze")).html


# --- where it shows ---


def in_dress(message: Message) -> bool:
    """Whether both its parts carry what LOOK says."""
    html, text = message.body_html or "", message.body_text or ""
    return all(part in html for part in (f'src="{BASE}/logo/', "#0f5c5c", FOOTER)) and text.endswith(
        "ul. Polna 1\n"
    )


def draft(session: Session) -> Campaign:
    """Of a service message, so that nothing of the law's stands after the footer."""
    campaign = make.make_draft(session, make.make_investment(session), purpose=Purpose.SERVICE)
    client = make.make_ready_client(session, make.make_definition(session))
    make.make_contract(session, campaign.investment, client)
    session.commit()
    return campaign


def approved(session: Session, campaign: Campaign, now: datetime) -> Message:
    order = prepare_order(session, campaign, wiring().ejs(), skip_errors=False, approved_by_id=None)
    session.commit()
    approve_campaign(campaign.id, order, now=now, enqueue=ring)
    return session.scalars(sa.select(Message).where(Message.campaign_id == campaign.id)).one()


def test_an_approved_campaign_ignores_every_later_change(
    session: Session, change: Change, now: datetime
) -> None:
    make.default_account(session)
    save_branding(session, LOOK, change)
    before = branding_in_force(session).logo
    message = approved(session, draft(session), now)
    other = Look("Inna", "#aa0000", "#bb0000", "<p>Nowa stopka</p>", picture("red"))
    save_branding(session, other, change)
    read = read_message(message, wiring().ejs())
    assert before and read and before.url in read.html and 'alt="Nadrzecze"' in read.html
    assert "ul. Polna 1" in read.text and "Nowa stopka" not in read.html + read.text
    assert "#aa0000" not in read.html


def test_every_kind_of_mail_carries_it(
    session: Session, change: Change, now: datetime, tmp_path: Path
) -> None:
    make.default_account(session)
    client = make_told_client(session)
    save_branding(session, LOOK, change)
    runtime, written = wiring().ejs(), Written(Channel.EMAIL, "<p>Treść</p>", "Odbiór")
    fire_event(
        session,
        Occurrence(EventKind.TICKET_RECEIVED, "test", record_for(session, EventKind.TICKET_RECEIVED, client)),
        runtime=runtime,
        now=now,
    )
    session.commit()
    form = SingleOrder(client.id, written, str(uuid4()), None)
    single, _new = send_single(session, form, runtime, base_url=BASE, now=now, enqueue=ring)
    conversation = session.get_one(Conversation, single.conversation_id)
    answer = AnswerOrder(conversation.id, written, str(uuid4()), None)
    answer_conversation(session, answer, runtime, base_url=BASE, now=now, enqueue=ring)
    asking = Asking(client.id, make.make_definition(session).id)
    ask_to_confirm(session, asking, base_url=BASE, now=now, enqueue=ring)
    send_test(
        session,
        draft(session),
        runtime,
        address="a@goniec.example",
        name="A",
        client_id=None,
        now=now,
        enqueue=ring,
    )
    write_account(session, actor_id=make.make_user(session).id, now=now)
    buyer = replace(invoice_settings(session).buyer, email="ksiegowosc@goniec.example").to_json()
    save_settings(session, {BUYER: buyer}, actor_id=None, now=now)
    top_up(session, 5_000, now)
    session.execute(sa.update(SmsAccount).values(low_balance=10_000_000, alerted_at=None))
    session.commit()
    alert_low_balance(session, top_up_url=f"{BASE}/x", now=now + timedelta(minutes=1), enqueue=ring)
    mail_waiting_invoices(session, store=change.store, ksef=None, now=now, enqueue=ring)  # type: ignore[arg-type]
    mails = session.scalars(sa.select(Message).where(Message.channel == Channel.EMAIL)).all()
    kinds = {(mail.origin.value, (mail.idempotency_key.split(":")[1:2] or [""])[0]) for mail in mails}
    assert {name for _origin, name in kinds} == {"invoice", "low-balance", "1", ""}
    assert {origin for origin, _name in kinds} == {"event", "manual", "test"} and len(mails) == 7
    assert [mail.subject for mail in mails if not in_dress(mail)] == []
