"""What a proof gathers: every answer with its words, and every message that relied on one."""

from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.delivery import Status
from domain.events import EventKind
from gateways.ejs import EjsRuntime
from models import db
from models.client import Client
from models.consent import ConsentAction, ConsentDefinition, ConsentEvidence, ConsentWording
from models.message import Message
from services import consent_proof
from services.consent_proof import messages_under, proof_of
from services.fire_event import Occurrence, fire_event
from tests import factories as make
from tests.service_desk import make_told_client, record_for

EJS = EjsRuntime(Path(__file__).resolve().parents[2] / "static" / "vendor" / "ejs" / "ejs.min.js")


def agreeing_client(session: Session) -> tuple[Client, ConsentDefinition]:
    definition = make.make_definition(session)
    return make.make_ready_client(session, definition), definition


def test_it_holds_every_answer_with_its_words(database: Flask, now: datetime) -> None:
    session = db.session()
    client, definition = agreeing_client(session)
    definition.wordings.append(ConsentWording(version=2, text="wording 2", created_at=now))
    session.flush()
    withdrawn = make.grant(session, client, definition, action=ConsentAction.WITHDRAWN, moment=now)
    session.add(ConsentEvidence(event_id=withdrawn.id, ip_address="192.0.2.7", user_agent="Firefox"))
    make.make_definition(session)  # nothing was said about it
    session.commit()
    [consent] = proof_of(session, client, now).consents
    assert [(one.version, one.text) for one in consent.wordings] == [(1, "wording 1"), (2, "wording 2")]
    assert [(one.said, one.wording) for one in consent.events] == [("granted", 1), ("withdrawn", 2)]
    assert (consent.events[1].ip, consent.events[1].user_agent) == ("192.0.2.7", "Firefox")


def test_it_lists_what_was_sent_by_a_consent_and_nothing_else(database: Flask, now: datetime) -> None:
    session = db.session()
    client, definition = agreeing_client(session)
    event = make.grant(session, client, definition)
    stranger, _ = agreeing_client(session)
    sent = {"client_id": client.id, "status": Status.SENT, "sent_at": now, "consent_event_id": event.id}
    campaign = make.make_campaign(session, make.make_investment(session), frozen_values={})
    for number in range(consent_proof.AT_ONCE + 3):
        make.make_message(session, **sent, subject=f"Temat {number}")
    make.make_message(session, **sent, channel=Channel.SMS, address="+48600100200", body_text="Zapraszamy!")
    make.make_message(session, **sent, campaign=campaign, merge_values={"client.name": "Anna"})
    for other in (
        {"consent_event_id": None}, {"client_id": stranger.id, "consent_event_id": None},
        {"status": Status.QUEUED, "sent_at": None},
    ):  # fmt: skip
        make.make_message(session, **{**sent, **other})
    session.commit()
    found = list(messages_under(session, client, EJS))
    assert [one.title for one in found[-3:]] == [
        f"Temat {consent_proof.AT_ONCE + 2}",
        "Zapraszamy!",
        "Dzień dobry",
    ]
    assert len(found) == proof_of(session, client, now).messages == consent_proof.AT_ONCE + 5
    assert {(one.event, one.sent_at) for one in found} == {(event.id, now)}


def test_what_somebody_merged_since_said_and_got_belongs_to_it(database: Flask, now: datetime) -> None:
    session = db.session()
    survivor, definition = agreeing_client(session)
    merged = make.make_client(session)
    event = make.grant(session, merged, definition, moment=now - timedelta(days=9))
    make.make_message(
        session, client_id=merged.id, status=Status.SENT, sent_at=now, consent_event_id=event.id, subject="x"
    )
    merged.merged_into = survivor
    session.commit()
    proof = proof_of(session, survivor, now)
    assert (len(proof.consents[0].events), proof.messages) == (2, 1)
    assert session.scalar(sa.select(sa.func.count(Client.id))) == 2


def test_it_lists_what_an_event_told(database: Flask, now: datetime) -> None:
    session = db.session()
    make.default_account(session)
    client = make_told_client(session)
    what = Occurrence(EventKind.TICKET_DONE, "command:x", record_for(session, EventKind.TICKET_DONE, client))
    fire_event(session, what, runtime=EJS, now=now)
    session.execute(sa.update(Message).values(status=Status.SENT, sent_at=now))
    session.commit()
    [consent] = proof_of(session, client, now).consents
    assert consent.purpose == "data_processing"
    found = list(messages_under(session, client, EJS))
    assert [(one.event, one.channel) for one in found] == [
        (consent.events[0].number, channel) for channel in ("email", "sms")
    ]
