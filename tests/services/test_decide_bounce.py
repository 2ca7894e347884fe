"""A person decides what a bounce means, of one or of many: the block follows."""

from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.delivery import DeliveryState
from domain.errors import DomainError
from models import db
from models.audit import AuditEntry
from models.bounce import Bounce
from models.client import Client
from models.suppression import SuppressionReason
from services.bounce_effect import NoAddressToBlock, OnlyAdministratorsLift
from services.decide_bounce import DecidedSoAlready, DecisionNeedsAReason, NoSuchBounce, decide_bounce
from services.unblock_bounces import NothingToUnblock, unblock_bounces
from tests import factories as make
from tests.service_desk import ADDRESS
from tests.services.bounce_scene import V, anew, blocks, came, decide


@pytest.fixture
def session(sqlite_app: Flask) -> Session:
    return db.session()


@pytest.fixture
def client(session: Session) -> Client:
    return make.make_client(session, email=ADDRESS)


@pytest.mark.parametrize("verdict", [V.SOFT, V.SENDER_FAULT, V.NONE])
def test_taking_a_block_back_lifts_it_and_is_audited(
    session: Session, client: Client, now: datetime, verdict: V
) -> None:
    bounce = came(session, client, now)
    assert blocks(session) == 1
    decide(session, bounce, verdict, now, "the mailbox works")
    assert (blocks(session), bounce.verdict, bounce.handled_at) == (0, verdict, now)
    assert bounce.suppression is not None and bounce.suppression.lift_note == "the mailbox works"
    entries = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(each.action, each.entity) for each in entries] == [
        ("lift", "suppression"),
        ("decide_bounce", "bounce"),
    ]
    assert entries[1].detail is not None
    assert entries[1].detail.values["changes"] == {"verdict": ["block", verdict.value]}


def test_who_is_no_administrator_lifts_nothing(session: Session, client: Client, now: datetime) -> None:
    bounce = came(session, client, now)
    with pytest.raises(OnlyAdministratorsLift):
        decide(session, bounce, V.NONE, now, lift=False)
    session.rollback()
    assert (blocks(session), bounce.verdict) == (1, V.BLOCK)


def test_anybody_may_block_and_the_block_says_why(session: Session, client: Client, now: datetime) -> None:
    bounce = came(session, client, now, verdict=V.SENDER_FAULT, status_code="5.7.1")
    assert blocks(session) == 0
    decide(session, bounce, V.BLOCK, now, "she left the company", lift=False)
    assert blocks(session) == 1 and bounce.suppression is not None
    assert (bounce.suppression.reason, bounce.suppression.detail) == (
        SuppressionReason.BOUNCE,
        "she left the company",
    )
    assert bounce.message is not None and bounce.message.delivery_state is DeliveryState.BOUNCED


def test_a_block_that_another_bounce_keeps_up_stays(session: Session, client: Client, now: datetime) -> None:
    first, second = came(session, client, now), came(session, client, now)
    decide(session, first, V.NONE, now, lift=False)
    assert blocks(session) == 1 and first.suppression is None
    decide(session, second, V.NONE, now)
    assert blocks(session) == 0


def test_what_keeps_a_block_up_is_found_by_an_index(session: Session, client: Client, now: datetime) -> None:
    """However many bounces there are: the page that unblocks many asks it of each block."""
    of_block = "EXPLAIN QUERY PLAN SELECT address FROM bounce WHERE suppression_id = 1"
    (step,) = session.execute(sa.text(of_block)).all()
    assert "USING INDEX ix_bounce_suppression_id" in step.detail


def test_a_block_made_by_hand_stays(session: Session, client: Client, now: datetime) -> None:
    make.block(session, ADDRESS).reason = SuppressionReason.MANUAL
    bounce = came(session, client, now)
    decide(session, bounce, V.NONE, now)
    assert blocks(session) == 1


@pytest.mark.parametrize(
    ("verdict", "why", "refusal"),
    [(V.NONE, " ", DecisionNeedsAReason), (V.BLOCK, "so it is", DecidedSoAlready)],
)
def test_a_decision_needs_a_reason_and_a_difference(
    session: Session, client: Client, now: datetime, verdict: V, why: str, refusal: type[DomainError]
) -> None:
    bounce = came(session, client, now)
    with pytest.raises(refusal):
        decide(session, bounce, verdict, now, why)


def test_nothing_is_blocked_without_an_address(session: Session, client: Client, now: datetime) -> None:
    nobody = came(session, client, now, verdict=V.NONE, address="", address_digest=None)
    with pytest.raises(NoAddressToBlock):
        decide(session, nobody, V.BLOCK, now)
    session.rollback()
    with pytest.raises(NoSuchBounce):
        decide_bounce(session, 999, V.SOFT, why="x", actor_id=None, may_lift=True, now=now)


def test_many_are_unblocked_at_once_but_not_what_was_blocked_by_hand(database: Flask, now: datetime) -> None:
    session = db.session()
    client = make.make_client(session, email=ADDRESS)
    came(session, client, now), came(session, client, now)
    other = make.block(session, "jan@inna.example")
    other.reason = SuppressionReason.MANUAL
    digest = other.address_digest
    came(session, client, now, address="jan@inna.example", address_digest=digest, message_id=None)
    done = unblock_bounces(session, sa.select(Bounce.id), note="they wrote", actor_id=None, now=now)
    assert (done.lifted, done.by_hand, blocks(session)) == (1, 1, 1)
    with pytest.raises(NothingToUnblock):
        unblock_bounces(session, sa.select(Bounce.id), note="again", actor_id=None, now=now)
    again = came(session, client, now)
    decide(session, again, V.NONE, now)
    assert blocks(session) == 1 and anew(session, again, now) and blocks(session) == 2
