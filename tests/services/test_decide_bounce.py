"""A person decides on a bounce, has it judged anew, types one in, or unblocks many: the block follows."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.bounces import BounceKind
from domain.delivery import DeliveryState
from domain.errors import DomainError
from domain.smtp_replies import BounceVerdict
from models import db
from models.audit import AuditEntry
from models.bounce import Bounce
from models.client import Client
from models.suppression import Suppression, SuppressionReason
from services.bounce_effect import NoAddressToBlock, OnlyAdministratorsLift, block_if_due
from services.classify_anew import AboutSomebodyElse, NothingToClassify, classify_anew
from services.decide_bounce import DecidedSoAlready, DecisionNeedsAReason, NoSuchBounce, decide_bounce
from services.type_bounce import (
    BounceOfTomorrow,
    NoAddressOfBounce,
    NoCodeOfBounce,
    NothingCameBack,
    TypedBounce,
    record_typed,
    understand_typed,
)
from services.unblock_bounces import NothingToUnblock, unblock_bounces
from tests import factories as make
from tests.service_desk import ADDRESS

V = BounceVerdict
DSN = f"""From: MAILER-DAEMON@mx.poczta.example
To: zwroty@firma.example
Subject: Undelivered Mail
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

<{ADDRESS}>: %(said)s

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.poczta.example

Final-Recipient: rfc822; {ADDRESS}
Action: failed
Status: %(status)s
Diagnostic-Code: smtp; 550 %(status)s %(said)s

--b--
"""
TYPED = TypedBounce(ADDRESS, None, "", "", date(2026, 3, 2))


@pytest.fixture
def session(sqlite_app: Flask) -> Session:
    return db.session()


@pytest.fixture
def client(session: Session) -> Client:
    return make.make_client(session, email=ADDRESS)


def came(session: Session, client: Client, now: datetime, **values: Any) -> Bounce:
    """A bounce of a message of ours, with the effect it had on arrival."""
    digest = make.digest_of(session, ADDRESS)
    message = make.make_message(session, client_id=client.id, address=ADDRESS, address_digest=digest)
    given = {
        "kind": BounceKind.DSN,
        "verdict": V.BLOCK,
        "address": ADDRESS,
        "address_digest": digest,
        "status_code": "5.1.1",
        "diagnostic": "No such user",
        "raw": DSN % {"status": "5.1.1", "said": "No such user"},
        "received_at": now,
        "message_id": message.id,
        "client_id": client.id,
    }
    bounce = Bounce(**given | values)
    session.add(bounce)
    session.flush()
    block_if_due(session, bounce, actor_id=None, now=now)
    session.commit()
    return bounce


def blocks(session: Session) -> int:
    """How many are in force."""
    active = sa.select(sa.func.count(Suppression.id)).where(Suppression.lifted_at.is_(None))
    return session.scalar(active) or 0


def decide(
    session: Session, bounce: Bounce, verdict: V, now: datetime, why: str = "", lift: bool = True
) -> Bounce:
    return decide_bounce(
        session, bounce.id, verdict, why=why or "asked by phone", actor_id=None, may_lift=lift, now=now
    )


def anew(session: Session, bounce: Bounce, now: datetime, lift: bool = True) -> bool:
    return classify_anew(session, bounce.id, actor_id=None, may_lift=lift, now=now)


# --- a person decides ---


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


# --- today's classifier ---


def test_what_was_misjudged_is_judged_anew_and_blocks(
    session: Session, client: Client, now: datetime
) -> None:
    bounce = came(session, client, now, verdict=V.NONE, status_code="", diagnostic="")
    assert anew(session, bounce, now)
    assert (bounce.verdict, bounce.status_code, blocks(session)) == (V.BLOCK, "5.1.1", 1)
    assert not anew(session, bounce, now)


@pytest.mark.parametrize("lift", [True, False])
def test_a_policy_once_taken_for_a_dead_address_unblocks(
    session: Session, client: Client, now: datetime, lift: bool
) -> None:
    bounce = came(session, client, now, raw=DSN % {"status": "5.1.1", "said": "Rejected as spam"})
    if not lift:
        with pytest.raises(OnlyAdministratorsLift):
            anew(session, bounce, now, lift)
        session.rollback()
        assert blocks(session) == 1
        return
    assert anew(session, bounce, now)
    assert (bounce.verdict, blocks(session)) == (V.SENDER_FAULT, 0)


def test_a_block_lifted_meanwhile_stays_lifted(session: Session, client: Client, now: datetime) -> None:
    bounce = came(session, client, now)
    unblock_bounces(session, sa.select(Bounce.id), note="it works", actor_id=None, now=now)
    anew(session, bounce, now)
    assert (bounce.verdict, blocks(session)) == (V.BLOCK, 0)


def test_an_unproven_bounce_blocks_nobody_however_often_it_is_judged(
    session: Session, client: Client, now: datetime
) -> None:
    bounce = came(session, client, now, verdict=V.NONE, message_id=None)
    assert anew(session, bounce, now)
    assert (bounce.verdict, blocks(session)) == (V.BLOCK, 0)


def test_a_reply_is_judged_by_what_the_server_said(session: Session, client: Client, now: datetime) -> None:
    values = {"kind": BounceKind.SMTP, "status_code": "550", "diagnostic": "#5.7.1 Access denied", "raw": ""}
    bounce = came(session, client, now, **values)
    assert anew(session, bounce, now)
    assert (bounce.verdict, bounce.status_code, blocks(session)) == (V.SENDER_FAULT, "550", 0)


def test_an_address_nobody_had_found_is_found(session: Session, client: Client, now: datetime) -> None:
    bounce = came(
        session, client, now, kind=BounceKind.OTHER, verdict=V.NONE, address="", address_digest=None
    )
    assert anew(session, bounce, now)
    assert (bounce.kind, bounce.address, bounce.client_id) == (BounceKind.DSN, ADDRESS, client.id)
    assert bounce.message_id and blocks(session) == 1


def test_what_was_not_kept_cannot_be_judged(session: Session, client: Client, now: datetime) -> None:
    with pytest.raises(NothingToClassify):
        anew(session, came(session, client, now, raw=""), now)


# --- three soft ones ---


def test_a_full_mailbox_is_none_of_the_three(session: Session, client: Client, now: datetime) -> None:
    full = {"verdict": V.SOFT, "status_code": "5.2.2", "diagnostic": "mailbox full"}
    lost = {"verdict": V.SOFT, "status_code": "5.4.4", "diagnostic": "host unreachable"}
    for values in (full, full, lost, lost):
        came(session, client, now, **values)
    assert blocks(session) == 0
    came(session, client, now, **lost)
    assert blocks(session) == 1


def test_after_an_unblocking_the_three_are_counted_anew(
    session: Session, client: Client, now: datetime
) -> None:
    lost = {"verdict": V.SOFT, "status_code": "5.4.4", "diagnostic": "host unreachable"}
    for _number in range(3):
        came(session, client, now, **lost)
    unblock_bounces(session, sa.select(Bounce.id), note="it works", actor_id=None, now=now)
    came(session, client, now + timedelta(hours=1), **lost)
    assert blocks(session) == 0


# --- typed in ---


def test_a_typed_bounce_is_recorded_with_its_client_and_blocks(
    session: Session, client: Client, now: datetime
) -> None:
    typed = replace(TYPED, code="550", said="Nie ma takiego użytkownika")
    assert understand_typed(session, typed, now=now).finding.verdict is V.BLOCK
    bounce = record_typed(session, typed, actor_id=None, now=now)
    assert (bounce.kind, bounce.client_id, bounce.received_at) == (BounceKind.MANUAL, client.id, now)
    assert blocks(session) == 1 and not anew(session, bounce, now)


def test_a_typed_policy_blocks_nobody(session: Session, client: Client, now: datetime) -> None:
    for code, said in (("5.7.1", ""), ("5.1.1", "blocked as spam"), ("", "554 5.7.1 Relay access denied")):
        bounce = record_typed(session, replace(TYPED, code=code, said=said), actor_id=None, now=now)
        assert (bounce.verdict, bounce.suppression_id) == (V.SENDER_FAULT, None)


def test_a_client_stands_for_the_primary_address_and_a_pasted_message_for_itself(
    session: Session, client: Client, now: datetime
) -> None:
    pasted = DSN % {"status": "5.1.1", "said": "No such user"}
    typed = TypedBounce("", client.id, "", pasted, date(2026, 2, 20))
    bounce = record_typed(session, typed, actor_id=None, now=now)
    assert (bounce.address, bounce.status_code, bounce.verdict) == (ADDRESS, "5.1.1", V.BLOCK)
    assert bounce.received_at.date() == date(2026, 2, 20)


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"address": ""}, NoAddressOfBounce),
        ({"address": "anna"}, NoAddressOfBounce),
        ({"address": "anna@"}, NoAddressOfBounce),
        ({"code": "five"}, NoCodeOfBounce),
        ({"code": "250"}, NoCodeOfBounce),
        ({}, NothingCameBack),
        ({"code": "550", "came_on": date(2026, 3, 3)}, BounceOfTomorrow),
        ({"address": "jan@inna.example", "said": DSN % {"status": "5.1.1", "said": "no"}}, AboutSomebodyElse),
    ],
)
def test_what_makes_no_sense_is_refused(
    session: Session, now: datetime, values: dict[str, Any], refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal):
        record_typed(session, replace(TYPED, **values), actor_id=None, now=now)
    assert session.scalar(sa.select(sa.func.count(Bounce.id))) == 0


# --- many at once ---


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
