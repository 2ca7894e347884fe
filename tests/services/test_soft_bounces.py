"""What counts as one of the three soft bounces in thirty days that block an address."""

from datetime import date, datetime

import sqlalchemy as sa
from flask import Flask

from models import db
from models.suppression import Suppression
from services.type_bounce import TypedBounce, record_typed
from tests.service_desk import ADDRESS


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
