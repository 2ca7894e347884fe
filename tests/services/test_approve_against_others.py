"""One person approves a campaign while another discards its draft or cancels it: one of them wins, whole."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

import pytest
import sqlalchemy as sa
from flask import Flask

from domain.delivery import CampaignStatus, Status
from domain.errors import DomainError
from models import db
from models.campaign import Campaign
from models.message import Message
from services.approve_campaign import approve_campaign
from services.draft_campaign import discard_draft
from services.steer_campaign import NotPossibleNow, cancel_rest
from tests.services.test_approve_campaign import ORDER, Rings, draft_for, ready

PEOPLE = 30


@pytest.fixture
def rings() -> Rings:
    return Rings()


@pytest.mark.parametrize("other", ["discard", "cancel"])
def test_an_approval_and_its_opposite_leave_no_half_of_a_campaign(
    database: Flask, now: datetime, rings: Rings, other: str
) -> None:
    session = db.session()
    addresses = [f"c{number}@poczta.example" for number in range(PEOPLE)]
    campaign_id = draft_for(session, *((client,) for client in ready(session, *addresses))).id
    session.commit()
    together = Barrier(4)

    def approve() -> bool:
        with database.app_context():
            together.wait()
            try:
                approve_campaign(campaign_id, ORDER, now=now, enqueue=rings)
            except DomainError:
                return False
            return True

    def oppose() -> bool:
        with database.app_context():
            together.wait()
            if other == "discard":
                return discard_draft(db.session(), campaign_id)
            try:
                return cancel_rest(db.session(), campaign_id, actor_id=None, now=now) >= 0
            except NotPossibleNow:
                return False

    with ThreadPoolExecutor(4) as pool:
        approved, opposed = ([pool.submit(act) for _ in range(2)] for act in (approve, oppose))
        approvals, won = (sum(each.result() for each in these) for these in (approved, opposed))
    session.rollback()
    campaign = session.scalars(sa.select(Campaign)).one_or_none()
    statuses = set(session.scalars(sa.select(Message.status)))
    if other == "discard" and won:
        assert (approvals, won, campaign, statuses) == (0, 1, None, set())
        return
    assert approvals == 1 and campaign is not None
    assert campaign.status == (CampaignStatus.CANCELLED if won else CampaignStatus.SENDING)
    assert statuses == {Status.CANCELLED if won else Status.QUEUED}
    assert session.scalar(sa.select(sa.func.count(Message.id))) == PEOPLE
