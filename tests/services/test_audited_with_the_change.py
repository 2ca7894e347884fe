"""What a person does to a campaign and the audit of it: both are there, or neither is."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier, Event
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.delivery import CampaignStatus, Status
from models import db
from models.audit import AuditEntry, AuditHead
from models.campaign import Campaign
from models.consent import ConsentDefinition, ConsentMethod
from models.message import Message
from queries.audit_chain import first_broken_entry
from services import steer_campaign as steer
from services.approve_campaign import AlreadyApproved, SendOrder, approve_campaign
from services.grant_consent import grant_marketing_consent
from services.record_audit import append_audit
from services.start_now import start_now
from tests import factories as make

Act = Callable[[Session, int, int, datetime], object]
AT_ONCE = 4


def no_ring(*_arguments: object, **_options: object) -> None:
    """Nobody listens."""


def order(actor_id: int | None) -> SendOrder:
    return SendOrder(make.CONTENT, {}, skip_errors=True, approved_by_id=actor_id)


def approve(_session: Session, campaign_id: int, actor: int, now: datetime) -> object:
    return approve_campaign(campaign_id, order(actor), now=now, enqueue=no_ring)


def rung(move: Callable[..., object], *more: object) -> Act:
    return lambda session, campaign, actor, now: move(
        session, campaign, *more, actor_id=actor, now=now, enqueue=no_ring
    )


def quiet(move: Callable[..., object], *more: object) -> Act:
    return lambda session, campaign, actor, now: move(session, campaign, *more, actor_id=actor, now=now)


EVERYTHING: dict[str, tuple[CampaignStatus, Act, dict[str, Any]]] = {
    "approve": (CampaignStatus.DRAFT, approve, {"queued": 1, "skipped": 0, "skip_errors": True}),
    "pause": (CampaignStatus.SENDING, quiet(steer.pause), {}),
    "resume": (CampaignStatus.PAUSED, rung(steer.resume), {}),
    "cancel": (CampaignStatus.SENDING, quiet(steer.cancel_rest), {"count": 1}),
    "start": (CampaignStatus.SCHEDULED, rung(start_now), {"count": 1}),
    "resend": (CampaignStatus.SENDING, rung(steer.resend_failed), {"count": 1}),
    "uncertain_sent": (
        CampaignStatus.SENDING, quiet(steer.treat_as_sent, None), {"messages": "all", "count": 1},
    ),
    "uncertain_again": (
        CampaignStatus.SENDING, rung(steer.send_uncertain_again, None), {"messages": "all", "count": 1},
    ),
}  # fmt: skip


def campaign_in(session: Session, status: CampaignStatus) -> int:
    """A draft to one client, or a campaign with a queued, a failed and an uncertain message."""
    investment = make.make_investment(session)
    if status == CampaignStatus.DRAFT:
        client = make.make_ready_client(session, make.make_definition(session), "a@poczta.example")
        make.make_contract(session, investment, client)
        campaign = make.make_draft(session, investment)
    else:
        campaign = make.make_campaign(session, investment, status=status)
        for each in (Status.QUEUED, Status.FAILED, Status.UNCERTAIN):
            make.make_message(session, campaign=campaign, account_id=campaign.account_id, status=each)
    session.commit()
    return campaign.id


def state_of(session: Session) -> tuple[object, ...]:
    session.rollback()
    messages = session.execute(sa.select(Message.id, Message.status).order_by(Message.id)).all()
    return session.scalars(sa.select(Campaign.status)).all(), list(map(tuple, messages))


@pytest.mark.parametrize("action", EVERYTHING)
def test_whatever_is_done_to_a_campaign_is_in_the_audit(database: Flask, now: datetime, action: str) -> None:
    session = db.session()
    status, act, values = EVERYTHING[action]
    person, campaign = make.make_user(session).id, campaign_in(session, status)
    act(session, campaign, person, now)
    session.rollback()
    (entry,) = session.scalars(sa.select(AuditEntry))
    assert (entry.action, entry.entity, entry.entity_id) == (action, "campaign", str(campaign))
    assert (entry.actor_id, entry.recorded_at) == (person, now)
    assert entry.detail and entry.detail.values == values


@pytest.mark.parametrize("action", EVERYTHING)
def test_what_cannot_be_audited_is_not_done(database: Flask, now: datetime, action: str) -> None:
    session = db.session()
    status, act, _values = EVERYTHING[action]
    person, campaign = make.make_user(session).id, campaign_in(session, status)
    session.execute(sa.delete(AuditHead))
    session.commit()
    before = state_of(session)
    with pytest.raises(sa.exc.NoResultFound):
        act(session, campaign, person, now)
    assert state_of(session) == before


# --- many at once: the chain has one end, and an approval sees the database of one moment ---


def drafts(session: Session, count: int) -> tuple[list[int], list[int], ConsentDefinition]:
    """Drafts to the same 20 clients."""
    definition = make.make_definition(session)
    investment = make.make_investment(session)
    clients = [
        make.make_ready_client(session, definition, f"c{number}@poczta.example") for number in range(20)
    ]
    for client in clients:
        make.make_contract(session, investment, client)
    campaigns = [make.make_draft(session, investment) for _ in range(count)]
    session.commit()
    return [campaign.id for campaign in campaigns], [client.id for client in clients], definition


def entries(session: Session, action: str) -> int:
    session.rollback()
    return session.scalar(sa.select(sa.func.count(AuditEntry.id)).where(AuditEntry.action == action)) or 0


def append(session: Session, now: datetime) -> None:
    append_audit(session, actor_id=None, action="update", entity="client", entity_id=1, values={}, now=now)


def test_approvals_at_once_are_all_made_and_all_audited(database: Flask, now: datetime) -> None:
    session = db.session()
    campaigns, _clients, _definition = drafts(session, AT_ONCE * 3)
    together = Barrier(AT_ONCE)

    def approve_some(first: int) -> int:
        with database.app_context():
            together.wait()
            made = [
                approve_campaign(each, order(None), now=now, enqueue=no_ring)
                for each in campaigns[first::AT_ONCE]
            ]
            return sum(approval.queued for approval in made)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert list(pool.map(approve_some, range(AT_ONCE))) == [60] * AT_ONCE
    assert entries(session, "approve") == AT_ONCE * 3
    assert first_broken_entry(session) is None


def test_of_two_approvals_of_one_draft_one_is_made_and_audited(database: Flask, now: datetime) -> None:
    session = db.session()
    ((campaign,), _clients, _definition) = drafts(session, 1)
    together = Barrier(2)

    def approve_it(_number: int) -> bool:
        with database.app_context():
            together.wait()
            try:
                approve_campaign(campaign, order(None), now=now, enqueue=no_ring)
            except AlreadyApproved:
                return False
            return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(approve_it, range(2))) == [False, True]
    assert entries(session, "approve") == 1


def test_an_approval_that_meets_an_entry_under_way_is_made_after_it(database: Flask, now: datetime) -> None:
    session = db.session()
    ((campaign,), _clients, _definition) = drafts(session, 1)
    append(session, now)
    with ThreadPoolExecutor(1) as pool:
        approval = pool.submit(lambda: approve_in(database, campaign, now))
        with pytest.raises(TimeoutError):
            approval.result(timeout=0.5)
        session.commit()
        approval.result(timeout=10)
    assert entries(session, "approve") == 1
    assert first_broken_entry(session) is None


def approve_in(database: Flask, campaign_id: int, now: datetime) -> None:
    with database.app_context():
        approve_campaign(campaign_id, order(None), now=now, enqueue=no_ring)


def test_approvals_and_corrections_of_the_same_clients_wait_for_no_one_for_ever(
    database: Flask, now: datetime
) -> None:
    session = db.session()
    campaigns, clients, _definition = drafts(session, 10)
    definitions = [make.make_definition(session).id for _ in range(3)]
    session.commit()
    done = Event()

    def correct(definition_id: int) -> int:
        recorded = 0
        with database.app_context():
            while not done.is_set():
                client = clients[recorded % len(clients)]
                grant = {"method": ConsentMethod.PHONE, "source": "x", "actor_id": None}
                moment = now + timedelta(seconds=recorded)
                if recorded < len(clients):
                    grant_marketing_consent(
                        db.session(),
                        client,
                        channel=Channel.EMAIL,
                        definition_id=definition_id,
                        now=moment,
                        **grant,
                    )
                else:
                    append(db.session(), moment)
                    db.session.commit()
                recorded += 1
        return recorded

    with ThreadPoolExecutor(len(definitions)) as pool:
        corrections = [pool.submit(correct, each) for each in definitions]
        try:
            for campaign in campaigns:
                approve_in(database, campaign, now)
        finally:
            done.set()
        assert all(each.result(timeout=30) for each in corrections)
    assert entries(session, "approve") == len(campaigns)
    assert first_broken_entry(session) is None
