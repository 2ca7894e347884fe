"""The failures of an SMS gateway are counted one by one, each gateway's for itself, whoever meets them."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.outcomes import Unavailable
from models.sms_gateway import SmsGateway
from services.gateway_failures import record_gateway_failure
from tests.services.crossing import cross
from tests.services.sms_scene import SmsScene

DOWN = Unavailable("", "down")


def failures(scene: SmsScene) -> list[int]:
    scene.session.expire_all()
    rows = scene.session.scalars(sa.select(SmsGateway.failures_in_a_row).order_by(SmsGateway.id)).all()
    scene.session.rollback()
    return list(rows)


def test_each_gateway_s_failures_are_its_own(database: Flask, now: datetime) -> None:
    scene = SmsScene(now, gateways=2)
    first, second = scene.gateways
    for gateway_id, hours in ((first, 0), (first, 2), (second, 2), (first, 2)):
        moment = now + timedelta(hours=hours)
        record_gateway_failure(scene.session, gateway_id, DOWN, policy=scene.policy, now=moment)
    assert failures(scene) == [2, 1]  # the last one came while the first gateway was passed over


def test_two_who_meet_the_same_outage_count_it_once(app_on_postgres: Flask, now: datetime) -> None:
    scene = SmsScene(now, gateways=2)
    first, _second = scene.gateways

    def fail(session: Session) -> None:
        record_gateway_failure(session, first, DOWN, policy=scene.policy, now=now)

    assert cross(app_on_postgres, fail, fail, 1)
    assert failures(scene) == [1, 0]
