"""The second check of a message written by hand: at the moment of sending, by today's word of the client."""

from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.addresses import address_digest
from domain.channel import Channel
from domain.delivery import Status
from domain.eligibility import Reason
from extensions.wiring import wiring
from models import db
from models.client import Client
from models.consent import ConsentAction, ConsentDefinition, ConsentPurpose
from models.message import Message, Origin
from models.sending_lines import MAIL, SMS
from models.setting import SUPPRESSION_KEY, secret_of
from models.sms_account import SmsAccount
from models.suppression import SuppressionReason
from services.claim_deliveries import WorkRange, claim_range
from services.suppress_address import suppress
from tests import factories as make

LINES = {Channel.EMAIL: MAIL, Channel.SMS: SMS}
ADDRESSES = {Channel.EMAIL: "anna@poczta.example", Channel.SMS: "+48600100200"}
NO_CONSENT = {Channel.EMAIL: Reason.NO_EMAIL_CONSENT, Channel.SMS: Reason.NO_SMS_CONSENT}
BLOCKED = {Channel.EMAIL: Reason.BLOCKED_EMAIL, Channel.SMS: Reason.BLOCKED_PHONE}


class Single:
    """A message written by hand to one client, queued, and what the client says afterwards."""

    def __init__(self, channel: Channel, now: datetime) -> None:
        self.session: Session = db.session()
        self.channel, self.now = channel, now
        self.client: Client = make.make_person(self.session, "Anna", "Nowak")
        self.definition: ConsentDefinition = make.make_definition(self.session, channel=channel)
        self.consent = make.grant(self.session, self.client, self.definition).id
        self.account = make.default_account(self.session).id
        if channel is Channel.SMS:
            self.account = self.session.scalars(sa.select(SmsAccount)).one().id
        address = ADDRESSES[channel]
        self.digest = address_digest(address, secret_of(self.session.connection(), SUPPRESSION_KEY))

    def written(self, *, marketing: bool, **values: Any) -> Message:
        defaults = {
            "channel": self.channel,
            LINES[self.channel].of_message.key: self.account,
            "client_id": self.client.id,
            "consent_event_id": self.consent if marketing else None,
            "address": ADDRESSES[self.channel],
            "address_digest": self.digest,
        }
        message = make.make_message(self.session, **defaults | values)
        self.session.commit()
        return message

    def withdraw(self) -> None:
        make.grant(self.session, self.client, self.definition, action=ConsentAction.WITHDRAWN)
        self.session.commit()

    def opt_out(self) -> None:
        self.client.allow_email = self.client.allow_sms = False
        self.session.commit()

    def block(self) -> None:
        suppress(
            self.session,
            channel=self.channel,
            address_digest=self.digest,
            reason=SuppressionReason.MANUAL,
            source="panel",
            detail="",
            actor_id=None,
            now=self.now,
        )
        self.session.commit()

    def claimed(self, message: Message) -> tuple[Status, Reason | None, int | None]:
        """The message when a worker has claimed what is due: its status, reason and consent."""
        work = WorkRange(self.account, None, message.id, message.id, LINES[self.channel])
        claim_range(self.session, work, policy=wiring().policy, worker="one", now=self.now)
        self.session.refresh(message)
        return message.status, message.reason, message.consent_event_id


@pytest.fixture(params=[Channel.EMAIL, Channel.SMS])
def single(request: pytest.FixtureRequest, database: Flask, now: datetime) -> Single:
    return Single(request.param, now)


def test_marketing_goes_to_nobody_who_withdrew_since(single: Single) -> None:
    message = single.written(marketing=True)
    single.withdraw()
    assert single.claimed(message)[:2] == (Status.SKIPPED, NO_CONSENT[single.channel])


def test_marketing_names_the_consent_it_relies_on_now(single: Single) -> None:
    message = single.written(marketing=True)
    single.withdraw()
    anew = make.grant(single.session, single.client, single.definition).id
    single.session.commit()
    assert single.claimed(message) == (Status.SENDING, None, anew)


@pytest.mark.parametrize("marketing", [True, False])
def test_nothing_goes_to_one_who_opted_out_since(single: Single, marketing: bool) -> None:
    message = single.written(marketing=marketing)
    single.opt_out()
    assert single.claimed(message)[:2] == (Status.SKIPPED, Reason.OPTED_OUT)


@pytest.mark.parametrize("marketing", [True, False])
def test_nothing_goes_to_an_address_blocked_since(single: Single, marketing: bool) -> None:
    message = single.written(marketing=marketing)
    single.block()
    assert single.claimed(message)[:2] == (Status.SKIPPED, BLOCKED[single.channel])


@pytest.mark.parametrize("withdrawn", [True, False])
def test_a_message_that_is_no_marketing_asks_for_no_consent(single: Single, withdrawn: bool) -> None:
    message = single.written(marketing=False)
    if withdrawn:
        single.withdraw()
    assert single.claimed(message) == (Status.SENDING, None, None)


def test_a_test_is_not_asked_about(single: Single) -> None:
    message = single.written(marketing=False, origin=Origin.TEST)
    single.block()
    single.opt_out()
    assert single.claimed(message) == (Status.SENDING, None, None)


@pytest.mark.parametrize("origin", [Origin.MANUAL, Origin.EVENT])
def test_to_whoever_is_no_client_only_a_block_keeps_a_message_back(single: Single, origin: Origin) -> None:
    """An answer to a stranger, an invoice: there are no consents to ask for."""
    first, second = (single.written(marketing=False, client_id=None, origin=origin) for _ in range(2))
    assert single.claimed(first) == (Status.SENDING, None, None)
    single.block()
    assert single.claimed(second)[:2] == (Status.SKIPPED, BLOCKED[single.channel])


# --- what is told on an event ---


@pytest.fixture
def processing(single: Single) -> ConsentDefinition:
    """The client agrees to the processing of personal data."""
    definition = make.make_definition(single.session, channel=None, purpose=ConsentPurpose.DATA_PROCESSING)
    make.grant(single.session, single.client, definition)
    single.session.commit()
    return definition


def test_an_event_is_told_while_both_its_consents_hold(single: Single, processing: ConsentDefinition) -> None:
    message = single.written(marketing=True, origin=Origin.EVENT)
    assert single.claimed(message) == (Status.SENDING, None, single.consent)


def test_nothing_is_told_once_data_may_not_be_processed(
    single: Single, processing: ConsentDefinition
) -> None:
    message = single.written(marketing=False, origin=Origin.EVENT)
    make.grant(single.session, single.client, processing, action=ConsentAction.WITHDRAWN)
    single.session.commit()
    assert single.claimed(message)[:2] == (Status.SKIPPED, NO_CONSENT[single.channel])


def test_nothing_is_told_once_the_consent_its_rule_named_is_withdrawn(
    single: Single, processing: ConsentDefinition
) -> None:
    message = single.written(marketing=True, origin=Origin.EVENT)
    single.withdraw()
    assert single.claimed(message)[:2] == (Status.SKIPPED, NO_CONSENT[single.channel])


def test_another_consent_does_not_stand_in_for_the_one_a_rule_named(
    single: Single, processing: ConsentDefinition
) -> None:
    message = single.written(marketing=True, origin=Origin.EVENT)
    other = make.make_definition(single.session, channel=single.channel)
    make.grant(single.session, single.client, other)
    single.withdraw()
    assert single.claimed(message)[:2] == (Status.SKIPPED, NO_CONSENT[single.channel])
