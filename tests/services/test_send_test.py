"""A draft sent to its author alone."""

from datetime import datetime
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.delivery import Status
from extensions.wiring import wiring
from models import db
from models.campaign import Campaign
from models.mail_account import MailAccount
from models.message import Message, Origin
from services.choose_account import NoMailAccount
from services.draft_campaign import SubjectMissing
from services.job_names import DELIVER
from services.send_test import send_test
from tests import factories as make


@pytest.fixture
def session(sqlite_app: Flask) -> Session:
    return db.session()


@pytest.fixture
def draft(session: Session) -> Campaign:
    campaign = make.make_draft(session, make.make_investment(session))
    make.make_contract(session, campaign.investment, make.make_person(session, "Jan", "Łąka"))
    session.commit()
    return campaign


@pytest.fixture
def rings() -> list[tuple[object, ...]]:
    return []


def test_a_test_is_a_message_of_its_own_as_the_client_would_see_it(
    session: Session, draft: Campaign, rings: list[tuple[object, ...]], now: datetime
) -> None:
    message = _send(session, draft, rings, now)
    assert (message.origin, message.status, message.campaign_id) == (Origin.TEST, Status.QUEUED, None)
    assert (message.subject, message.client_id) == ("[Test] Dzień dobry", None)
    assert "Jan Łąka" in (message.body_html or "") and "Jan Łąka" in (message.body_text or "")
    assert str(UUID(message.idempotency_key)) == message.idempotency_key
    assert rings == [(DELIVER, message.account_id, None, message.id, message.id)]


def test_two_tests_are_two_messages(
    session: Session, draft: Campaign, rings: list[tuple[object, ...]], now: datetime
) -> None:
    assert _send(session, draft, rings, now).id != _send(session, draft, rings, now).id


def test_an_untitled_draft_is_not_tested(
    session: Session, draft: Campaign, rings: list[tuple[object, ...]], now: datetime
) -> None:
    draft.subject = ""
    with pytest.raises(SubjectMissing):
        _send(session, draft, rings, now)
    assert rings == [] and session.scalar(sa.select(sa.func.count(Message.id))) == 0


def test_without_an_account_to_send_from_nothing_is_queued(
    session: Session, draft: Campaign, rings: list[tuple[object, ...]], now: datetime
) -> None:
    session.execute(sa.update(MailAccount).values(is_active=False))
    with pytest.raises(NoMailAccount):
        _send(session, draft, rings, now)
    assert rings == []


def _send(session: Session, draft: Campaign, rings: list[tuple[object, ...]], now: datetime) -> Message:
    return send_test(
        session,
        draft,
        wiring().ejs(),
        address="anna@goniec.example",
        name="Anna",
        client_id=None,
        now=now,
        enqueue=lambda *ring: rings.append(ring),
    )
