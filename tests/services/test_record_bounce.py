"""A refusal that says the address is no good is a bounce and blocks it; any other refusal blames nobody."""

from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask

from domain.bounces import BounceKind
from domain.delivery import DeliveryState, Status
from domain.outcomes import Refused
from domain.smtp_replies import BounceVerdict
from models.bounce import Bounce
from models.suppression import Suppression, SuppressionReason
from services.record_bounce import record_smtp_bounce
from tests import factories as make
from tests.services.consenting_clients import address_of
from tests.services.delivery_scene import Scene


@pytest.fixture
def scene(database: Flask, now: datetime) -> Scene:
    return Scene(now)


def refuse_first(scene: Scene, refusal: Refused, campaign: int | None = None) -> int:
    campaign = campaign or scene.campaign(1)
    scene.server.answers[scene.messages(campaign)[0].address] = [refusal]
    scene.deliver(campaign)
    assert scene.statuses(campaign) == [Status.FAILED]
    return campaign


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (Refused("550", "5.1.1 No such user", "rcpt_to"), "5.1.1"),
        (Refused("550", "5.2.1 Mailbox disabled", "end_of_data"), "5.2.1"),
        (Refused("550", "No such user here", "rcpt_to"), "550"),
        (Refused("553", "Unknown mailbox", "rcpt_to"), "553"),
    ],
)
def test_an_address_that_is_no_good_bounces_and_is_blocked(scene: Scene, refusal: Refused, code: str) -> None:
    campaign = refuse_first(scene, refusal)
    message = scene.messages(campaign)[0]
    assert message.delivery_state == DeliveryState.BOUNCED
    bounce = scene.session.scalars(sa.select(Bounce)).one()
    assert (bounce.kind, bounce.status_code, bounce.message_id) == (BounceKind.SMTP, code, message.id)
    assert (bounce.client_id, bounce.address) == (message.client_id, address_of(1))
    block = scene.session.scalars(sa.select(Suppression)).one()
    assert (block.reason, block.address_digest) == (SuppressionReason.BOUNCE, message.address_digest)
    assert bounce.suppression_id == block.id


@pytest.mark.parametrize(
    "refusal",
    [
        Refused("550", "5.7.1 Message refused by policy", "rcpt_to"),
        Refused("550", "Blocked as spam", "rcpt_to"),
        Refused("552", "5.2.2 Mailbox full", "rcpt_to"),
        Refused("554", "5.6.0 Content rejected", "end_of_data"),
        Refused("550", "5.1.1 Access denied, sender is listed in a blocklist", "rcpt_to"),
        Refused("550", "5.0.0 Rejected as spam", "rcpt_to"),
        Refused("550", "No such user here", "end_of_data"),
        Refused("", "The address cannot be written in an SMTP envelope."),
    ],
)
def test_a_refusal_for_another_reason_blocks_nobody(scene: Scene, refusal: Refused) -> None:
    campaign = refuse_first(scene, refusal)
    assert scene.messages(campaign)[0].delivery_state is None
    assert scene.session.scalar(sa.select(sa.func.count()).select_from(Bounce)) == 0
    assert scene.session.scalar(sa.select(sa.func.count()).select_from(Suppression)) == 0


def test_the_third_refusal_that_may_mean_no_such_address_blocks(scene: Scene) -> None:
    campaign = refuse_first(scene, Refused("550", "5.0.0 no", "rcpt_to"))
    first = scene.messages(campaign)[0]
    to_the_same = {"address": first.address, "address_digest": first.address_digest}
    for text, blocked in (("5.4.1 no", 0), ("5.1.0 no", 1)):
        another = make.make_message(scene.session, **to_the_same, account_id=first.account_id)
        refusal = Refused("550", text, "rcpt_to")
        record_smtp_bounce(scene.session, message_id=another.id, refusal=refusal, now=scene.clock.now)
        assert len(scene.session.scalars(sa.select(Suppression)).all()) == blocked
    bounces = scene.session.scalars(sa.select(Bounce).order_by(Bounce.id)).all()
    assert [each.verdict for each in bounces] == [BounceVerdict.SOFT] * 3
    assert [each.suppression_id is not None for each in bounces] == [False, False, True]


def test_a_second_bounce_of_a_blocked_address_keeps_the_first_block(scene: Scene) -> None:
    campaign = refuse_first(scene, Refused("550", "5.1.1 first", "rcpt_to"))
    record_smtp_bounce(
        scene.session,
        message_id=scene.messages(campaign)[0].id,
        refusal=Refused("550", "5.1.1 second", "rcpt_to"),
        now=scene.clock.now,
    )
    block = scene.session.scalars(sa.select(Suppression)).one()
    assert block.detail == "550 5.1.1 first"
    bounces = scene.session.scalars(sa.select(Bounce)).all()
    assert [bounce.suppression_id for bounce in bounces] == [block.id] * 2
