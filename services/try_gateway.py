"""Trying a gateway before clients get texts through it: asked whether it answers, and given one paid text."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from domain.errors import DomainError
from domain.outcomes import Failure, Outcome, Refused, Unavailable
from domain.text_messages import TextMessage
from gateways.smsapi import SmsapiSettings
from models.encrypted import SecretUnreadable
from models.message import Message
from models.sending_lines import SMS
from models.sms_account import SmsAccount
from models.sms_gateway import SmsGateway
from services.claim_deliveries import WorkRange
from services.compose_text import SingleTexts
from services.deliver_range import Workshop, deliver_range
from services.delivery_policy import DeliveryPolicy
from services.job_names import Enqueue
from services.sms_carriers import Carrier, carrier_of
from services.sms_desk import Route, SmsDesk
from services.sms_settings import sms_settings
from services.sms_till import SmsAccountFacts, SmsTill

WORKER = "trial"


class GatewayNotMade(DomainError):
    """Parameter: ``why``."""

    message = "This gateway's settings cannot be used: %(why)s"


@dataclass(frozen=True, slots=True)
class TrialHands:
    """What a trial needs from outside."""

    base_url: str
    phones: SmsapiSettings | None
    policy: DeliveryPolicy
    clock: Callable[[], datetime]
    enqueue: Enqueue


def check_gateway(session: Session, row: SmsGateway, hands: TrialHands) -> Failure | None:
    """Whether the gateway answers and lets us in; why not. Sends nothing. Raises GatewayNotMade."""
    carrier = _carrier(row, hands)
    session.rollback()  # no transaction stays open while the network is used
    with closing(carrier):
        return carrier.check()


def send_through(session: Session, row: SmsGateway, message: Message, hands: TrialHands) -> Message:
    """Hand a queued text over through this gateway alone, switched on or not; the message with its outcome.

    It is charged as any text, and what does not go out is refunded. A trial is tried once, and what goes
    wrong with it holds nobody else's texts back. Commits. Raises GatewayNotMade.
    """
    account = session.get_one(SmsAccount, message.sms_account_id)
    facts = SmsAccountFacts(account.id, account.sender, sms_settings(session).most_parts)
    work = WorkRange(account.id, None, message.id, message.id, SMS)
    gateway_id, carrier = row.id, _carrier(row, hands)
    with closing(carrier):
        till = SmsTill(session, facts, None, hands.clock)
        routes = [Route(gateway_id, _Once(carrier))]
        shop = Workshop(
            connect=lambda: SmsDesk(session, till, routes, policy=hands.policy, clock=hands.clock),
            composer=lambda: SingleTexts(session),
            policy=hands.policy,
            clock=hands.clock,
            enqueue=hands.enqueue,
            worker=WORKER,
            keeps_attempts=True,
        )
        deliver_range(session, work, shop)
    session.refresh(message)
    return message


@dataclass(frozen=True, slots=True)
class _Once:
    """A gateway whose "not now" is final, and says nothing about texts other than this one."""

    carrier: Carrier

    def send(self, message: TextMessage) -> Outcome:
        outcome = self.carrier.send(message)
        return Refused("", outcome.text) if isinstance(outcome, Unavailable) else outcome


def _carrier(row: SmsGateway, hands: TrialHands) -> Carrier:
    try:
        return carrier_of(row, base_url=hands.base_url, phones=hands.phones, receive=None)
    except (ValueError, SecretUnreadable) as error:
        raise GatewayNotMade(why=str(error)) from error
