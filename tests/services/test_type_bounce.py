"""A bounce that somebody types in."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.bounces import BounceKind
from domain.errors import DomainError
from models import db
from models.bounce import Bounce
from models.client import Client
from services.classify_anew import AboutSomebodyElse
from services.type_bounce import (
    BounceOfTomorrow,
    NoAddressOfBounce,
    NoCodeOfBounce,
    NothingCameBack,
    TypedBounce,
    record_typed,
    understand_typed,
)
from tests import factories as make
from tests.service_desk import ADDRESS
from tests.services.bounce_scene import DSN, V, anew, blocks

TYPED = TypedBounce(ADDRESS, None, "", "", date(2026, 3, 2))


@pytest.fixture
def session(sqlite_app: Flask) -> Session:
    return db.session()


@pytest.fixture
def client(session: Session) -> Client:
    return make.make_client(session, email=ADDRESS)


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
