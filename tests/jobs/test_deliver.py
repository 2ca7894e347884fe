"""The jobs: a ring in the real queue, heard by a real worker, ends in mail at a real server."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest
import sqlalchemy as sa
from flask import Flask
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from domain.delivery import CampaignStatus, Status
from extensions.queues import QUEUES
from extensions.wiring import wiring
from gateways.smtp_settings import Security
from jobs.deliver import deliver, smtp_settings_of
from jobs.sweep import sweep
from models import db
from models.campaign import Campaign
from models.mail_account import MailAccount, MailSecurity
from models.message import Message
from tests.services.consenting_clients import address_of
from tests.services.delivery_scene import CONTENT, Scene
from tests.smtp_peers import SmtpPeer, smtp_peer


@pytest.fixture
def peer() -> Iterator[SmtpPeer]:
    with smtp_peer() as peer:
        yield peer


@pytest.fixture
def environment(environment: dict[str, str], peer: SmtpPeer) -> dict[str, str]:
    return {**environment, "MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(peer.port)}


@pytest.fixture
def scene(database: Flask) -> Scene:
    return Scene(datetime.now(UTC))


def hear() -> None:
    """An RQ worker that ends when the queues are empty."""
    queues = [
        Queue(name, connection=wiring().doorbell.connection, serializer=JSONSerializer) for name in QUEUES
    ]
    SimpleWorker(queues, connection=wiring().doorbell.connection, serializer=JSONSerializer).work(burst=True)


def rung() -> int:
    return sum(wiring().doorbell.queue(name).count for name in QUEUES)


def test_a_campaign_goes_out_through_queue_worker_and_server(scene: Scene, peer: SmtpPeer) -> None:
    campaign = scene.campaign(3)
    for ring in scene.rings:
        wiring().doorbell.ring("jobs.deliver.deliver", *ring)
    assert rung() == 1
    hear()
    assert scene.statuses(campaign) == [Status.SENT] * 3
    assert scene.status_of(campaign) == CampaignStatus.FINISHED
    received = [message_from_bytes(each, policy=policy.default) for each in peer.messages]
    assert [str(each["To"]) for each in received] == [f"Klient {n} <{address_of(n)}>" for n in (1, 2, 3)]
    assert received[0]["Subject"] == "Dzień dobry, Klient 1"
    assert scene.messages(campaign)[0].provider_reference == "ABC123"


def test_a_ring_heard_twice_sends_once(scene: Scene, peer: SmtpPeer) -> None:
    scene.campaign(2)
    for _ in range(2):
        deliver(*scene.rings[0])
    assert len(peer.messages) == 2


def test_a_sweep_rings_for_what_nobody_heard(scene: Scene, peer: SmtpPeer) -> None:
    campaign = scene.campaign(2)
    wiring().doorbell.connection.flushall()
    assert sweep() == 1
    hear()
    assert scene.statuses(campaign) == [Status.SENT] * 2


def test_a_message_says_the_same_whenever_it_is_sent(scene: Scene, peer: SmtpPeer) -> None:
    """Message-ID and unsubscribe link depend on the row alone."""
    campaign = scene.campaign(1)
    deliver(*scene.rings[0])
    db.session.execute(sa.update(Message).values(status=Status.QUEUED, sent_at=None))
    db.session.execute(sa.update(Campaign).values(status=CampaignStatus.SENDING))
    db.session.commit()
    deliver(*scene.rings[0])
    first, second = (message_from_bytes(each, policy=policy.default) for each in peer.messages)
    for header in ("Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post"):
        assert first[header] == second[header] is not None
    assert scene.statuses(campaign) == [Status.SENT]


def test_a_campaign_approved_anew_under_an_old_number_is_not_sent_with_old_content(
    scene: Scene, peer: SmtpPeer
) -> None:
    campaign = scene.campaign(1)
    deliver(*scene.rings[0])
    approved = {"approved_at": datetime.now(UTC), "frozen_content": {**CONTENT, "subject": "Inny"}}
    db.session.execute(sa.update(Campaign).values(status=CampaignStatus.SENDING, **approved))
    db.session.execute(sa.update(Message).values(status=Status.QUEUED, sent_at=None))
    db.session.commit()
    deliver(*scene.rings[0])
    subjects = [message_from_bytes(each, policy=policy.default)["Subject"] for each in peer.messages]
    assert subjects == ["Dzień dobry, Klient 1", "Inny"]
    assert scene.statuses(campaign) == [Status.SENT]


def test_an_account_of_its_own_is_used_instead_of_the_settings(database: Flask) -> None:
    account = MailAccount(
        name="own",
        host="smtp.example",
        port=465,
        security=MailSecurity.TLS,
        username="u",
        uses_settings=False,
    )
    settings = smtp_settings_of(account, wiring())
    assert (settings.host, settings.port, settings.security) == ("smtp.example", 465, Security.TLS)
    account.uses_settings = True
    assert smtp_settings_of(account, wiring()) == wiring().smtp_from_settings


def test_a_server_that_is_down_fails_no_message(scene: Scene, peer: SmtpPeer) -> None:
    campaign = scene.campaign(1)
    peer.answers["greeting"] = b"421 4.3.2 Down for maintenance\r\n"
    deliver(*scene.rings[0])
    assert scene.statuses(campaign) == [Status.QUEUED]
    account = db.session.scalars(sa.select(MailAccount)).one()
    assert account.held_until is not None and account.last_failure.startswith("421")


def test_a_password_that_cannot_be_read_pauses_the_campaign_and_says_why(scene: Scene) -> None:
    campaign = scene.campaign(1)
    account = scene.messages(campaign)[0].account_id
    scene.session.execute(
        sa.text("UPDATE mail_account SET password = 'gAAAAABnot-a-token' WHERE id = :id"), {"id": account}
    )
    scene.session.commit()
    [ring] = scene.rings
    assert deliver(*ring) == 0
    stopped = db.session.get_one(Campaign, campaign)
    assert (stopped.status, "SECRET_KEY" in stopped.pause_reason) == (CampaignStatus.PAUSED, True)
