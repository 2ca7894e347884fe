"""A bounce judged anew by today's classifier: the block follows."""

from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.bounces import BounceKind
from models import db
from models.bounce import Bounce
from models.client import Client
from services.bounce_effect import OnlyAdministratorsLift
from services.classify_anew import NothingToClassify
from services.unblock_bounces import unblock_bounces
from tests import factories as make
from tests.service_desk import ADDRESS
from tests.services.bounce_scene import DSN, V, anew, blocks, came


@pytest.fixture
def session(sqlite_app: Flask) -> Session:
    return db.session()


@pytest.fixture
def client(session: Session) -> Client:
    return make.make_client(session, email=ADDRESS)


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
