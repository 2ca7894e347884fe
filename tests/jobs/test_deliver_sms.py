"""The ring for texts: which gateways it goes out through, and what waits when none can be used."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from domain.channel import Channel
from domain.delivery import CampaignStatus, Status
from domain.outcomes import Unavailable
from extensions.wiring import wiring
from jobs.deliver_sms import deliver_sms
from jobs.sms_routes import UnusableGateway, close_gateways, open_routes
from models import db
from models.campaign import Campaign
from models.message import Message
from models.sms_account import SmsAccount
from models.sms_gateway import GatewayKind, SmsGateway
from services.gateway_failures import clear_gateway_failure, record_gateway_failure
from tests import factories as make
from tests.services.sms_scene import SmsScene

UNREADABLE = "gAAAAABnot-a-token"


@dataclass(frozen=True)
class Gateways:
    """Two by their ids, the usable one first."""

    usable: int
    unusable: int

    def spoil(self, gateway_id: int) -> None:
        """Its password was written under another key."""
        statement = sa.text("UPDATE sms_gateway SET password = :password WHERE id = :id")
        db.session.execute(statement, {"password": UNREADABLE, "id": gateway_id})
        db.session.commit()


def row_of(gateway_id: int) -> sa.Row[tuple[str, datetime]]:
    db.session.rollback()
    wanted = sa.select(SmsGateway.last_failure, SmsGateway.updated_at).where(SmsGateway.id == gateway_id)
    return db.session.execute(wanted).one()


@pytest.fixture
def gateways(database: Flask) -> Iterator[Gateways]:
    rows = [
        SmsGateway(
            name=name,
            kind=GatewayKind.SMSAPI,
            priority=place,
            address="https://127.0.0.1:9/sms.do",
            password="token",
            callback_secret=f"{place}" * 40,
        )
        for place, name in enumerate(("Pierwsza", "Ostatnia"))
    ]
    db.session.add_all(rows)
    db.session.commit()
    first, last = (row.id for row in rows)
    both = Gateways(first, last)
    both.spoil(last)
    yield both
    close_gateways()


def test_a_gateway_whose_password_cannot_be_read_leaves_the_others_at_work(
    gateways: Gateways, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    before = row_of(gateways.unusable).updated_at
    with caplog.at_level(logging.WARNING, "jobs.sms_routes"):
        for _job in range(2):
            routes = open_routes(db.session(), wiring(), now)
            assert [route.gateway_id for route in routes] == [gateways.usable]
    [line] = caplog.messages
    assert "SECRET_KEY" in line
    failure, after = row_of(gateways.unusable)
    assert failure.startswith("The SMS gateway “Ostatnia” cannot be used") and after == before


def test_a_sandbox_without_its_phones_leaves_the_others_at_work(gateways: Gateways, now: datetime) -> None:
    values = {"kind": GatewayKind.SANDBOX, "password": None}
    db.session.execute(sa.update(SmsGateway).where(SmsGateway.id == gateways.unusable).values(values))
    db.session.commit()
    assert [route.gateway_id for route in open_routes(db.session(), wiring(), now)] == [gateways.usable]
    assert "phones" in row_of(gateways.unusable).last_failure


def test_no_usable_gateway_is_an_error_that_names_the_first(gateways: Gateways, now: datetime) -> None:
    gateways.spoil(gateways.usable)
    with pytest.raises(UnusableGateway, match="Pierwsza"):
        open_routes(db.session(), wiring(), now)


def test_a_gateway_that_is_passed_over_comes_back_by_itself(gateways: Gateways, now: datetime) -> None:
    values = {"held_until": now + timedelta(minutes=5)}
    db.session.execute(sa.update(SmsGateway).where(SmsGateway.id == gateways.usable).values(values))
    db.session.commit()
    assert open_routes(db.session(), wiring(), now) == []


def test_a_failure_and_its_end_leave_the_connections_open(gateways: Gateways, now: datetime) -> None:
    session, policy = db.session(), wiring().policy
    [before] = open_routes(session, wiring(), now)
    record_gateway_failure(session, gateways.usable, Unavailable("", "down"), policy=policy, now=now)
    assert open_routes(session, wiring(), now) == []
    [after] = open_routes(session, wiring(), now + policy.retry_longest)
    assert after.gateway is before.gateway
    clear_gateway_failure(session, gateways.usable)
    [cleared] = open_routes(session, wiring(), now)
    assert cleared.gateway is before.gateway
    assert row_of(gateways.usable).last_failure == ""


def test_gateways_that_cannot_be_used_pause_a_campaign(database: Flask) -> None:
    scene = SmsScene(datetime.now(UTC))
    campaign = scene.texts(1)
    [(account, _campaign, first, last)] = scene.rings
    assert deliver_sms(account, campaign, first, last) == 0
    stopped = db.session.get_one(Campaign, campaign)
    assert (stopped.status, "phones" in stopped.pause_reason) == (CampaignStatus.PAUSED, True)


def test_gateways_that_cannot_be_used_make_single_texts_wait(gateways: Gateways) -> None:
    gateways.spoil(gateways.usable)
    account = db.session.scalars(sa.select(SmsAccount)).one().id
    message = make.make_message(
        db.session(), channel=Channel.SMS, address="+48600100200", body_text="x", sms_account_id=account
    ).id
    db.session.commit()
    assert deliver_sms(account, None, message, message) == 0
    assert db.session.get_one(Message, message).status == Status.QUEUED
    waiting = db.session.get_one(SmsAccount, account)
    assert waiting.held_until is not None and "SECRET_KEY" in waiting.last_failure
    assert waiting.failures_in_a_row == 1
