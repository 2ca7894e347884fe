"""A campaign is rung for in a few chains of jobs, which together cover it once."""

from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from domain.delivery import Status
from models.message import Message
from queries.due_deliveries import DueRange
from services.ring_deliveries import CHAINS, SMALLEST_CHAIN, ring, ring_campaign
from tests.services.delivery_scene import Scene


def rings_for(work: DueRange) -> list[tuple[Any, ...]]:
    rings: list[tuple[Any, ...]] = []
    ring(work, lambda _job, *arguments: rings.append(arguments))
    return rings


@given(first=st.integers(1, 10**9), length=st.integers(1, 10**6), data=st.data())
def test_the_chains_cover_the_range_once_and_nothing_else(
    first: int, length: int, data: st.DataObject
) -> None:
    count = data.draw(st.integers(1, length))
    rings = rings_for(DueRange(1, 2, first, first + length - 1, count))
    assert 1 <= len(rings) <= CHAINS
    assert rings[0][2] == first and rings[-1][3] == first + length - 1
    assert all(low <= high for _account, _campaign, low, high in rings)
    assert all(after[2] == before[3] + 1 for before, after in pairwise(rings))


def test_a_small_campaign_is_one_chain() -> None:
    assert len(rings_for(DueRange(1, 2, 1, SMALLEST_CHAIN, SMALLEST_CHAIN))) == 1


def test_a_large_campaign_keeps_several_workers_busy() -> None:
    assert len(rings_for(DueRange(1, 2, 1, 10_000, 10_000))) == CHAINS


@pytest.fixture
def scene(database: Flask, now: datetime) -> Scene:
    return Scene(now)


def test_only_what_is_queued_is_rung_for(scene: Scene) -> None:
    campaign = scene.campaign(4)
    scene.rings.clear()
    ids = [message.id for message in scene.messages(campaign)]
    done = [ids[0], ids[3]]
    scene.session.execute(
        sa.update(Message).where(Message.id.in_(done)).values(status=Status.SENT, sent_at=scene.clock.now)
    )
    scene.session.commit()
    ring_campaign(scene.session, campaign, now=scene.clock.now, enqueue=scene.enqueue)
    assert [ring[2:] for ring in scene.rings] == [(ids[1], ids[2])]


def test_single_messages_are_rung_for_beside_campaigns(scene: Scene) -> None:
    campaign = scene.campaign(1)
    alone = Message(
        idempotency_key="a-uuid",
        channel="email",
        origin="manual",
        account_id=scene.work(campaign).account_id,
        address="anna@poczta.example",
        due_at=scene.clock.now,
    )
    scene.session.add(alone)
    scene.session.commit()
    scene.rings.clear()
    scene.sweep()
    assert sorted(ring[1] is None for ring in scene.rings) == [False, True]
    scene.hear_rings()
    assert scene.session.get_one(Message, alone.id).status == Status.SENT
