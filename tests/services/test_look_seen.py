"""A campaign is approved in the look that the person saw, or not at all."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.delivery import CampaignStatus
from extensions.wiring import wiring
from gateways.files import FileStore
from models import db
from models.campaign import Campaign
from models.message import Message
from models.setting import Setting
from services.approve_campaign import SendOrder, approve_campaign
from services.draft_look import LookChanged, look_of
from services.prepare_order import prepare_order
from services.save_branding import Change, Look, save_branding
from services.sms_settings import SMS
from tests import factories as make

LOOK = Look("Nadrzecze", "#0f5c5c", "#0b6b8a", "<p>ul. Polna 1</p>")
Save = Callable[[Look], None]


@pytest.fixture
def session(database: Flask) -> Session:
    return db.session()


@pytest.fixture
def draft(session: Session) -> Campaign:
    make.default_account(session)
    campaign = make.make_draft(session, make.make_investment(session))
    client = make.make_ready_client(session, make.make_definition(session))
    make.make_contract(session, campaign.investment, client)
    session.commit()
    return campaign


@pytest.fixture
def save(session: Session, tmp_path: Path, now: datetime) -> Save:
    change = Change(FileStore(tmp_path), "https://goniec.example", None, now)
    return lambda look: save_branding(session, look, change)


def prepared(session: Session, campaign: Campaign) -> SendOrder:
    order = prepare_order(session, campaign, wiring().ejs(), skip_errors=False, approved_by_id=None)
    session.commit()
    return order


def approve(campaign_id: int, order: SendOrder, now: datetime) -> None:
    approve_campaign(campaign_id, order, now=now, enqueue=lambda *_ring: None)


def frozen(session: Session) -> int:
    session.expire_all()
    return session.scalar(sa.select(sa.func.count(Message.id))) or 0


@pytest.mark.parametrize(
    "later",
    [
        Look("Nadrzecze", "#aa0000", "#0b6b8a", "<p>ul. Polna 1</p>"),
        Look("Nadrzecze", "#0f5c5c", "#aa0000", "<p>ul. Polna 1</p>"),
        Look("Nadrzecze", "#0f5c5c", "#0b6b8a", "<p>ul. Leśna 2</p>"),
        Look("Inna Firma", "#0f5c5c", "#0b6b8a", "<p>ul. Polna 1</p>"),
        Look("Nadrzecze"),
    ],
    ids=["colour", "links", "footer", "name", "plain"],
)
def test_a_look_changed_since_it_was_seen_refuses_the_approval(
    session: Session, draft: Campaign, save: Save, now: datetime, later: Look
) -> None:
    save(LOOK)
    order = prepared(session, draft)
    save(later)
    with pytest.raises(LookChanged):
        approve(draft.id, order, now)
    assert frozen(session) == 0 and draft.status == CampaignStatus.DRAFT
    approve(draft.id, prepared(session, draft), now)
    assert frozen(session) == 1


def test_the_same_look_saved_once_more_is_no_other(
    session: Session, draft: Campaign, save: Save, now: datetime
) -> None:
    save(LOOK)
    order = prepared(session, draft)
    save(LOOK)
    approve(draft.id, order, now)
    assert frozen(session) == 1


def test_what_was_seen_earlier_than_prepared_counts(
    session: Session, draft: Campaign, save: Save, now: datetime
) -> None:
    seen = look_of(session, draft)
    save(LOOK)
    with pytest.raises(LookChanged):
        approve(draft.id, replace(prepared(session, draft), look=seen), now)


def test_an_order_that_names_no_look_is_not_asked(
    session: Session, draft: Campaign, save: Save, now: datetime
) -> None:
    order = replace(prepared(session, draft), look=None)
    save(LOOK)
    approve(draft.id, order, now)
    assert frozen(session) == 1


def test_the_footer_of_texts_is_the_look_of_an_sms(session: Session, draft: Campaign, save: Save) -> None:
    draft.channel = Channel.SMS
    before = look_of(session, draft)
    save(LOOK)
    assert look_of(session, draft) == before
    session.add(Setting(key=SMS, value={"footer": "Nadrzecze"}))
    session.flush()
    assert look_of(session, draft) != before
