"""What an event tells a client names the consent it relies on, when it is written and when it is sent."""

from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.delivery import Status
from domain.eligibility import Reason
from domain.events import EventKind
from domain.notification_rules import RuleMode
from extensions.wiring import wiring
from models import db
from models.client import Client
from models.consent import ConsentAction, ConsentDefinition, ConsentPurpose
from models.message import Message
from models.notification import NotificationRule
from models.sending_lines import line_of
from services.claim_deliveries import WorkRange, claim_range
from services.fire_event import Occurrence, fire_event
from tests import factories as make
from tests.service_desk import ADDRESS, NUMBER, record_for

EVENT = EventKind.TICKET_DONE
NO_CONSENT = {Channel.EMAIL: Reason.NO_EMAIL_CONSENT, Channel.SMS: Reason.NO_SMS_CONSENT}
WITHDRAWN = ConsentAction.WITHDRAWN


class Told:
    """A client who agrees to the processing of personal data and is told that a ticket is done."""

    def __init__(self, channel: Channel, now: datetime) -> None:
        self.session: Session = db.session()
        self.channel, self.now = channel, now
        make.default_account(self.session)
        self.client: Client = make.make_client(self.session, email=ADDRESS)
        make.give_phone(self.session, self.client, NUMBER)
        self.processing = self.definition()
        self.agreed = self.says(self.processing)

    def definition(self, purpose: ConsentPurpose = ConsentPurpose.DATA_PROCESSING) -> ConsentDefinition:
        return make.make_definition(self.session, channel=None, purpose=purpose)

    def says(self, definition: ConsentDefinition, action: ConsentAction = ConsentAction.GRANTED) -> int:
        number = make.grant(self.session, self.client, definition, action=action).id
        self.session.commit()
        return number

    def rule(self, named: ConsentDefinition) -> None:
        self.session.add(
            NotificationRule(
                event=EVENT, channel=self.channel, mode=RuleMode.CONSENT, consent_definition_id=named.id
            )
        )
        self.session.commit()

    def told(self) -> Message:
        what = Occurrence(EVENT, "command:x", record_for(self.session, EVENT, self.client))
        fire_event(self.session, what, runtime=wiring().ejs(), now=self.now)
        self.session.commit()
        return self.session.scalars(sa.select(Message).where(Message.channel == self.channel)).one()

    def claimed(self, message: Message) -> tuple[Status, Reason | None, int | None]:
        """The message when a worker has claimed it: its status, reason and consent."""
        line = line_of(self.channel)
        account = message.sms_account_id or message.account_id or 0
        work = WorkRange(account, None, message.id, message.id, line)
        claim_range(self.session, work, policy=wiring().policy, worker="one", now=self.now)
        self.session.refresh(message)
        return message.status, message.reason, message.consent_event_id


@pytest.fixture(params=[Channel.EMAIL, Channel.SMS])
def scene(request: pytest.FixtureRequest, database: Flask, now: datetime) -> Told:
    return Told(request.param, now)


def test_what_is_always_told_names_the_consent_to_data_processing(scene: Told) -> None:
    message = scene.told()
    assert message.consent_event_id == scene.agreed
    assert scene.claimed(message) == (Status.SENDING, None, scene.agreed)


def test_what_depends_on_a_consent_names_that_one(scene: Told) -> None:
    named = scene.definition(ConsentPurpose.OTHER)
    given = scene.says(named)
    scene.rule(named)
    message = scene.told()
    assert message.consent_event_id == given
    assert scene.claimed(message) == (Status.SENDING, None, given)


def test_nothing_is_told_once_the_consent_it_names_is_withdrawn(scene: Told) -> None:
    message = scene.told()
    scene.says(scene.processing, WITHDRAWN)
    assert scene.claimed(message)[:2] == (Status.SKIPPED, NO_CONSENT[scene.channel])
    assert message.consent_event_id == scene.agreed  # what it was written by


def test_a_consent_withdrawn_and_given_again_is_named_anew(scene: Told) -> None:
    message = scene.told()
    scene.says(scene.processing, WITHDRAWN)
    anew = scene.says(scene.processing)
    assert scene.claimed(message) == (Status.SENDING, None, anew)


def test_any_consent_to_data_processing_will_do(scene: Told) -> None:
    """As when the event was told: under any definition of it, the newest grant named."""
    other = scene.says(scene.definition())
    message = scene.told()
    assert message.consent_event_id == other
    scene.session.execute(sa.update(ConsentDefinition).values(is_active=False).where(
        ConsentDefinition.id != scene.processing.id
    ))  # fmt: skip
    scene.session.commit()
    assert scene.claimed(message) == (Status.SENDING, None, scene.agreed)


def test_but_not_where_the_rule_names_one_of_them(scene: Told) -> None:
    named = scene.definition()
    scene.says(named)
    scene.rule(named)
    message = scene.told()
    scene.says(named, WITHDRAWN)
    assert scene.claimed(message)[:2] == (Status.SKIPPED, NO_CONSENT[scene.channel])


def test_what_waited_without_a_name_gets_one_when_it_is_sent(scene: Told) -> None:
    """Written by a version that named none."""
    message = scene.told()
    message.consent_event_id = None
    scene.session.commit()
    assert scene.claimed(message) == (Status.SENDING, None, scene.agreed)


def test_a_client_merged_since_is_told_by_the_survivors_consent(scene: Told) -> None:
    message = scene.told()
    survivor = make.make_client(scene.session)
    granted = make.grant(scene.session, survivor, scene.processing).id
    scene.client.merged_into = survivor
    scene.session.commit()
    assert scene.claimed(message) == (Status.SENDING, None, granted)
