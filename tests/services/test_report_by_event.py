"""A notification's text is counted under its event: when it is charged, refunded and charged again."""

from datetime import datetime

import pytest
from flask import Flask

from domain.channel import Channel
from domain.delivery import Status
from domain.events import EventKind
from domain.outcomes import Refused
from extensions.wiring import wiring
from models import db
from models.message import Message
from queries.reports_check import check_reports
from queries.sms_report import By, ReportFilter, narrowed, totals
from queries.sms_report_rows import every_text
from services.fire_event import Occurrence, fire_event
from tests.service_desk import make_told_client, record_for
from tests.services.sms_scene import SmsScene


@pytest.fixture
def scene(database: Flask, now: datetime) -> SmsScene:
    return SmsScene(now)


def told(scene: SmsScene, kind: EventKind, key: str) -> Message:
    """The queued text of an event that has just happened to somebody."""
    session = scene.session
    what = Occurrence(kind, f"command:{key}", record_for(session, kind, make_told_client(session)))
    event = fire_event(session, what, runtime=wiring().ejs(), now=scene.clock.now).event
    session.commit()
    [message] = [each.message for each in event.notifications if each.channel is Channel.SMS]
    assert message is not None
    return message


def test_a_notification_is_counted_under_its_event_however_it_fares(scene: SmsScene) -> None:
    session, today = db.session(), ReportFilter(scene.clock.now.date(), scene.clock.now.date())
    ready = told(scene, EventKind.REPAIR_READY, "a")
    done = told(scene, EventKind.TICKET_DONE, "b")
    assert scene.deliver_single(ready) == scene.deliver_single(done) == Status.SENT
    lines = {line.key: line for line in totals(session, today, By.EVENT)}
    assert set(lines) == {"repair_ready", "ticket_done"}
    for key, message in (("repair_ready", ready), ("ticket_done", done)):
        [text] = every_text(session, narrowed(today, By.EVENT, key))
        assert (text.id, text.cost, text.counted_as) == (message.id, lines[key].cost, key)
    refused = told(scene, EventKind.TICKET_DONE, "c")
    assert scene.deliver_single(refused, Refused("13", "no")) == Status.FAILED
    assert {line.key: line.messages for line in totals(session, today, By.EVENT)} == {
        "repair_ready": 1,
        "ticket_done": 1,
    }
    assert check_reports(session).problems == ()
