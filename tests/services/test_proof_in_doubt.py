"""A proof lists what may have reached the client as well, and says that it is not certain."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from domain.delivery import Status
from domain.outcomes import Outcome, Refused, Unavailable
from extensions.wiring import wiring
from gateways.ejs import EjsRuntime
from models import db
from models.client import Client
from models.message import DeliveryClaim, Message
from services.claim_deliveries import WorkRange, claim_range
from services.consent_proof import messages_under, proof_of
from services.decide_messages import send_single_again, treat_single_as_sent
from services.record_outcome import ClaimRecorder
from services.recover_claims import recover_claims
from tests import factories as make

EJS = EjsRuntime(Path(__file__).resolve().parents[2] / "static" / "vendor" / "ejs" / "ejs.min.js")
REFUSED = Refused("550", "no such user")


class Doubt:
    """A message sent by a consent, whose worker fell silent a day after ``now``."""

    def __init__(self, now: datetime) -> None:
        self.session: Session = db.session()
        definition = make.make_definition(self.session)
        self.client: Client = make.make_ready_client(self.session, definition)
        self.event = make.grant(self.session, self.client, definition).id
        self.number = make.make_message(
            self.session,
            account_id=make.default_account(self.session).id,
            client_id=self.client.id,
            consent_event_id=self.event,
            subject="Dzień otwarty",
        ).id
        self.session.commit()
        self.claim = self.take(now)
        self.lost_at = now + timedelta(days=1)
        recover_claims(self.session, self.lost_at)

    @property
    def message(self) -> Message:
        return self.session.get_one(Message, self.number)

    def take(self, now: datetime) -> DeliveryClaim:
        work = WorkRange(self.message.account_id or 0, None, self.number, self.number)
        claim = claim_range(self.session, work, policy=wiring().policy, worker="one", now=now)
        assert claim is not None
        return claim

    def answered(self, claim: DeliveryClaim, outcome: Outcome, now: datetime) -> None:
        recorder = ClaimRecorder(self.session, claim, wiring().policy)
        recorder.record(self.number, outcome, now, attempted=True)
        recorder.close()

    def send_again(self, now: datetime) -> None:
        send_single_again(self.session, self.number, actor_id=None, now=now, enqueue=lambda *_ring: None)

    def listed(self) -> list[tuple[datetime, bool]]:
        """When each message went out, and whether that is uncertain."""
        self.session.expire_all()
        sheet = proof_of(self.session, self.client, self.lost_at)
        found = list(messages_under(self.session, self.client, EJS))
        assert {one.event for one in found} <= {self.event}
        assert (sheet.messages, sheet.uncertain) == (len(found), sum(one.is_uncertain for one in found))
        return [(one.sent_at, one.is_uncertain) for one in found]


@pytest.fixture
def doubt(database: Flask, now: datetime) -> Doubt:
    return Doubt(now)


def test_what_may_have_gone_out_is_listed_as_uncertain(doubt: Doubt) -> None:
    assert doubt.message.status is Status.UNCERTAIN
    assert doubt.listed() == [(doubt.lost_at, True)]


def test_what_a_person_treats_as_sent_is_sent(doubt: Doubt) -> None:
    later = doubt.lost_at + timedelta(hours=1)
    treat_single_as_sent(doubt.session, doubt.number, actor_id=None, now=later)
    assert doubt.listed() == [(doubt.lost_at, False)]


def test_what_was_sent_again_may_still_have_come_the_first_time(doubt: Doubt) -> None:
    later = doubt.lost_at + timedelta(hours=1)
    doubt.send_again(later)
    assert doubt.message.status is Status.QUEUED and doubt.listed() == [(doubt.lost_at, True)]
    claim = doubt.take(later)
    doubt.answered(claim, REFUSED, later + timedelta(minutes=1))
    assert doubt.message.status is Status.FAILED and doubt.listed() == [(doubt.lost_at, True)]


def test_what_was_refused_after_all_is_not_listed(doubt: Doubt) -> None:
    later = doubt.lost_at + timedelta(hours=1)
    doubt.answered(doubt.claim, REFUSED, later)
    assert doubt.message.status is Status.FAILED and doubt.listed() == []


def test_what_surely_did_not_go_out_is_not_listed(database: Flask, now: datetime) -> None:
    doubt = Doubt(now)
    doubt.session.delete(doubt.message.attempts[0])
    doubt.message.status = Status.QUEUED
    doubt.session.commit()
    doubt.answered(doubt.take(doubt.lost_at), Unavailable("421", "busy"), doubt.lost_at)
    assert doubt.listed() == []
