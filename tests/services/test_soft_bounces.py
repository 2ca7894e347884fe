"""What counts as one of the three soft bounces in thirty days that block an address."""

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import db
from models.bounce import Bounce
from models.client import Client
from models.suppression import Suppression
from services.type_bounce import (
    TypedBounce,
    record_typed,
)
from services.unblock_bounces import unblock_bounces
from tests import factories as make
from tests.service_desk import ADDRESS
from tests.services.bounce_scene import V, blocks, came


@pytest.fixture
def session(sqlite_app: Flask) -> Session:
    return db.session()


@pytest.fixture
def client(session: Session) -> Client:
    return make.make_client(session, email=ADDRESS)


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


def test_a_bounce_typed_in_several_times_counts_once(sqlite_app: Flask, now: datetime) -> None:
    """A double click, or two people with the same letter before them."""
    session = db.session()
    days = [date(2026, 3, 2)] * 3 + [date(2026, 2, 28), date(2026, 2, 27)]
    blocks = []
    for day in days:
        typed = TypedBounce(ADDRESS, None, "5.4.4", "host unreachable", day)
        record_typed(session, typed, actor_id=None, now=now)
        blocks.append(session.scalar(sa.select(sa.func.count(Suppression.id))))
    assert blocks == [0, 0, 0, 0, 1]
