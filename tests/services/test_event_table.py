"""The client's side of the table of notifications through the database: consent, preference and address."""

from datetime import datetime
from itertools import product

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.events import CHANNELS, EventKind
from domain.notification_rules import RuleMode, Withheld
from extensions.wiring import wiring
from models import db
from models.client import Client
from models.consent import ConsentAction, ConsentDefinition, ConsentPurpose
from models.notification import NotificationRule
from services.fire_event import Occurrence, fire_event
from tests import factories as make
from tests.notification_table import ADDRESSES, NAMED, PREFERENCE, expected
from tests.service_desk import record_for

EVENT = EventKind.TICKET_DONE
MAIL = {
    "good address": "anna@poczta.example",
    "bad address": "anna@@x",
    "suppressed address": "b@poczta.example",
}
PHONE = {
    "good address": "+48600100200", "bad address": "12 345 67 89", "suppressed address": "+48600100333",
}  # fmt: skip


@pytest.fixture
def session(sqlite_app: Flask) -> Session:
    return db.session()


@pytest.fixture
def definitions(session: Session) -> tuple[ConsentDefinition, ConsentDefinition]:
    """Data processing, and the consent both rules name; two addresses are suppressed."""
    processing = make.make_definition(session, channel=None, purpose=ConsentPurpose.DATA_PROCESSING)
    named = make.make_definition(session, channel=None, purpose=ConsentPurpose.OTHER)
    for channel in CHANNELS:
        session.add(
            NotificationRule(
                event=EVENT, channel=channel, mode=RuleMode.CONSENT, consent_definition_id=named.id
            )
        )
    make.block(session, MAIL["suppressed address"])
    make.block(session, PHONE["suppressed address"], channel=Channel.SMS)
    return processing, named


def client_of(
    session: Session, definitions: tuple[ConsentDefinition, ConsentDefinition], cell: tuple[str, str, str]
) -> Client:
    processing, consent = definitions
    named, preference, address = cell
    client = make.make_client(session, email=MAIL.get(address))
    if address in PHONE:
        make.give_phone(session, client, PHONE[address])
    client.allow_email = client.allow_sms = PREFERENCE[preference]
    make.grant(session, client, processing)
    if named != "named consent never asked":
        make.grant(session, client, consent)
    if named == "named consent withdrawn":
        make.grant(session, client, consent, action=ConsentAction.WITHDRAWN)
    return client


def test_consent_preference_and_address_say_the_same_through_the_database(
    session: Session, definitions: tuple[ConsentDefinition, ConsentDefinition], now: datetime
) -> None:
    said: dict[str, Withheld | None] = {}
    due: dict[str, Withheld | None] = {}
    for cell in product(NAMED, PREFERENCE, ADDRESSES):
        record = record_for(session, EVENT, client_of(session, definitions, cell))
        what = Occurrence(EVENT, f"command:{cell}", record)
        fired = fire_event(session, what, runtime=wiring().ejs(), now=now)
        for row in fired.event.notifications:
            name = f"{row.channel}, {', '.join(cell)}"
            said[name] = row.reason
            due[name] = expected(EVENT, row.channel, ("depends", "processing agreed", *cell))
    assert said == due
    assert len(said) == 3 * 2 * 4 * 2
