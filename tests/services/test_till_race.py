"""Many workers pay at the till at once: as many texts as there is money for, and not one more."""

import multiprocessing
import sys
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.delivery import Status
from domain.outcomes import Refused
from domain.text_messages import TextMessage
from models import db
from models.ledger import EntryKind
from models.message import DeliveryClaim, Message
from models.price_list import SmsPrice
from queries.ledger_check import check_ledger
from queries.reports_check import check_reports
from services.compose_mail import Outgoing
from services.compose_text import TextLetter
from services.sms_till import SmsAccountFacts, SmsTill
from tests import factories as make
from tests.services.sms_scene import SmsScene, number_of, top_up

RACERS, PAID_FOR = 50, 30
DEAR, TOO_LITTLE = 3_300, 1_000
PAID, REFUSED = 0, 3


def claimed(scene: SmsScene, place: int) -> tuple[int, int]:
    """A single text that a worker of its own holds: its id and the claim's."""
    now, account_id = scene.clock.now, scene.paying.id
    message = make.make_message(
        scene.session,
        channel=Channel.SMS,
        sms_account_id=account_id,
        address=number_of(place),
        body_text="Hello",
        created_at=now,
        due_at=now,
    )
    claim = DeliveryClaim(
        sms_account_id=account_id,
        first_message_id=message.id,
        last_message_id=message.id,
        worker=f"worker:{place}",
        opened_at=now,
        leased_until=now + timedelta(minutes=2),
    )
    scene.session.add(claim)
    scene.session.flush()
    message.status, message.claim_id = Status.SENDING, claim.id
    return message.id, claim.id


def pay(url: str, facts: SmsAccountFacts, claim_id: int, message_id: int, ready: Barrier) -> None:
    """A worker's process: pays for its text, and ends with what came of it."""
    outgoing = Outgoing(message_id, number_of(1), "", 0, {})
    engine = sa.create_engine(url)
    ready.wait(60)
    with Session(engine) as session:
        till = SmsTill(session, facts, None, lambda: datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
        [(_, payable)] = till.take(claim_id, [(outgoing, TextLetter(number_of(1), "Hello"))])
    sys.exit({TextMessage: PAID, Refused: REFUSED}[type(payable)])


def test_fifty_workers_and_money_for_thirty_texts_make_thirty_charges(database: Flask, now: datetime) -> None:
    scene = SmsScene(now, zloty=0)
    top_up(scene.session, 1_000, now)
    scene.session.execute(sa.update(SmsPrice).values(gross_per_part=DEAR))
    texts = [claimed(scene, place) for place in range(1, RACERS + 1)]
    facts = SmsAccountFacts(scene.paying.id, "Goniec", 9)
    scene.session.commit()
    assert scene.paying.balance == PAID_FOR * DEAR + TOO_LITTLE
    scene.session.close()
    url = db.engine.url.render_as_string(hide_password=False)
    db.engine.dispose()
    context = multiprocessing.get_context("fork")
    ready = context.Barrier(RACERS)
    racers = [context.Process(target=pay, args=(url, facts, claim, text, ready)) for text, claim in texts]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(120)
    ended = sorted(racer.exitcode or 0 for racer in racers)
    assert ended == [PAID] * PAID_FOR + [REFUSED] * (RACERS - PAID_FOR)
    charged = [entry.message_id for entry in scene.entries(EntryKind.CHARGE)]
    assert len(charged) == len(set(charged)) == PAID_FOR
    assert scene.paying.balance == TOO_LITTLE
    costs = scene.session.scalars(sa.select(Message.cost).where(Message.cost.is_not(None)))
    assert list(costs) == [DEAR] * PAID_FOR
    assert check_ledger(scene.session).problems == () and check_reports(scene.session).problems == ()
