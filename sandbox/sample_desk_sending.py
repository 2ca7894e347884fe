"""The messages of the sample company's service desk, sent and paid as the engine would have."""

from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.delivery import DeliveryState, Status
from domain.local_time import WARSAW
from domain.segments import segment
from models.message import AttemptOutcome, DeliveryAttempt, Message, Origin
from models.sms_gateway import SmsGateway
from sandbox.sample_account import PRICE
from sandbox.sample_outcomes import sent
from services.ledger import Fare, Stamp, charge_many
from services.sms_days import DayKey, add_to_day, counted_as

TAKES = timedelta(seconds=20)


def send_notifications(session: Session, rng: Random) -> int:
    """Send whatever notification waits, each a moment after it was made; how many. The caller commits."""
    waiting = sa.select(Message).where(Message.origin == Origin.EVENT, Message.status == Status.QUEUED)
    messages = list(session.scalars(waiting.order_by(Message.created_at, Message.id)))
    gateway_id = session.scalars(sa.select(SmsGateway.id).order_by(SmsGateway.id).limit(1)).one()
    for message in messages:
        moment = message.created_at + TAKES
        for name, value in sent(rng, moment).items():
            setattr(message, name, value)
        message.finished_at = moment
        if message.channel is Channel.SMS:
            _pay(session, rng, message, gateway_id, moment)
    session.flush()
    return len(messages)


def _pay(session: Session, rng: Random, message: Message, gateway_id: int, moment: datetime) -> None:
    parts = segment(message.body_text or "").parts
    day, account_id = moment.astimezone(WARSAW).date(), message.sms_account_id
    if account_id is None:
        raise ValueError("a text without an account")
    attempt = DeliveryAttempt(
        message_id=message.id, uuid=str(UUID(int=rng.getrandbits(128), version=4)), started_at=moment,
        finished_at=moment, outcome=AttemptOutcome.ACCEPTED, gateway_id=gateway_id,
    )  # fmt: skip
    session.add(attempt)
    message.parts, message.unit_price, message.cost, message.charged_on = parts, PRICE, parts * PRICE, day
    message.gateway_id, message.delivery_state = gateway_id, DeliveryState.DELIVERED
    session.flush()
    fare = Fare(message.id, attempt.uuid, parts * PRICE)
    charge_many(session, account_id, [fare], campaign_id=None, stamp=Stamp(moment))
    key = DayKey(day, account_id, message.sender, counted_as(session, [message.id])[message.id], 0)
    add_to_day(session, key, messages=1, parts=parts, cost=parts * PRICE)
