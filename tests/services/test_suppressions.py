"""Blocks: made once, lifted with a note."""

from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask

from domain.channel import Channel
from models import db
from models.audit import AuditEntry
from models.suppression import Suppression, SuppressionReason
from services.lift_suppression import AlreadyLifted, LiftNeedsANote, lift_suppression
from services.suppress_address import suppress
from tests import factories as make


def block(now: datetime, detail: str = "550", channel: Channel = Channel.EMAIL) -> Suppression:
    return suppress(
        db.session,
        channel=channel,
        address_digest="a" * 64,
        reason=SuppressionReason.BOUNCE,
        source="smtp",
        detail=detail,
        actor_id=None,
        now=now,
    )


def lift(block_id: int, note: str, now: datetime) -> None:
    lift_suppression(db.session, suppression_id=block_id, note=note, actor_id=None, now=now)


def test_an_address_blocked_twice_has_its_first_block(database: Flask, now: datetime) -> None:
    first = block(now)
    assert block(now, "another reason").id == first.id
    assert first.detail == "550"
    assert block(now, channel=Channel.SMS).id != first.id


def test_a_lifted_block_makes_room_for_a_new_one(database: Flask, now: datetime) -> None:
    first = block(now)
    lift(first.id, "the mailbox is back", now)
    assert block(now).id != first.id
    entry = db.session.scalars(sa.select(AuditEntry)).one()
    assert (entry.action, entry.entity, entry.entity_id) == ("lift", "suppression", str(first.id))


def test_a_block_is_lifted_once_and_with_a_note(sqlite_app: Flask, now: datetime) -> None:
    row = make.block(db.session, "anna@poczta.example")
    db.session.commit()
    with pytest.raises(LiftNeedsANote):
        lift(row.id, "  ", now)
    lift(row.id, "the client asked", now)
    with pytest.raises(AlreadyLifted):
        lift(row.id, "again", now)
