"""One job's work: claim a range, send it in id order over one connection, record every answer."""

import logging
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.errors import DomainError
from domain.outcomes import Accepted, AccountRefused, Failure, Outcome, Refused, Unavailable
from models.message import DeliveryClaim, Message
from services.account_failures import clear_account_failures, record_account_failure
from services.campaign_lifecycle import finish_exhausted
from services.claim_deliveries import WorkRange, claim_range, close_claim
from services.compose_mail import Envelope, Outgoing
from services.delivery_policy import DeliveryPolicy
from services.job_names import DELIVER, Enqueue
from services.record_bounce import record_smtp_bounce
from services.record_outcome import ClaimRecorder

log = logging.getLogger(__name__)


class Transport(Protocol):
    """One connection to a mail server (gateways.smtp.SmtpSession)."""

    @property
    def usable(self) -> bool: ...
    def open(self) -> Unavailable | None: ...
    def send(self, envelope_from: str, recipient: str, payload: bytes) -> Outcome: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Composer(Protocol):
    def compose(
        self, messages: Iterator[Outgoing], date: datetime
    ) -> Iterator[tuple[Outgoing, Envelope | DomainError]]: ...


@dataclass(frozen=True, slots=True)
class Workshop:
    """What a delivery needs from outside, made by the entrance for one account and campaign."""

    connect: Callable[[], Transport]
    composer: Callable[[], Composer]
    envelope_from: str
    policy: DeliveryPolicy
    clock: Callable[[], datetime]
    enqueue: Enqueue
    worker: str
    boot: str = ""


def deliver_range(session: Session, work: WorkRange, shop: Workshop) -> int:
    """Deliver the first due messages of the range and ring for the rest; the number tried.

    Ends after ``claim_size`` messages or ``claim_time``. Heard twice, it finds nothing to claim.
    """
    claim = claim_range(
        session, work, policy=shop.policy, worker=shop.worker, boot=shop.boot, now=shop.clock()
    )
    if claim is None:
        if work.campaign_id is not None:
            finish_exhausted(session, shop.clock(), campaign_id=work.campaign_id)
        return 0
    run = _Run(session, work, shop, claim)
    with closing(run), shop.connect() as transport:
        failure: Failure | None = transport.open()
        if failure is None:
            failure = run.send_all(transport)
    close_claim(session, run.claim_id, shop.clock())
    if failure is not None:
        record_account_failure(
            session,
            account_id=work.account_id,
            campaign_id=work.campaign_id,
            failure=failure,
            policy=shop.policy,
            now=shop.clock(),
        )
    elif run.next_id <= work.last_id and not run.lost:
        shop.enqueue(DELIVER, work.account_id, work.campaign_id, run.next_id, work.last_id)
    if work.campaign_id is not None:
        finish_exhausted(session, shop.clock(), campaign_id=work.campaign_id)
    return run.tried


class _Run:
    """The sending of one claim over one connection."""

    def __init__(self, session: Session, work: WorkRange, shop: Workshop, claim: DeliveryClaim) -> None:
        self._session = session
        self._work = work
        self._shop = shop
        self.claim_id = claim.id
        self._ends_at = claim.opened_at + shop.policy.claim_time
        self._recorder = ClaimRecorder(session, claim, shop.policy)
        self.next_id = claim.first_message_id
        self._last_claimed = claim.last_message_id
        self.tried = 0
        self.lost = False
        self._cleared = False

    def close(self) -> None:
        """Give the recorder's connection back."""
        self._recorder.close()

    def send_all(self, transport: Transport) -> Failure | None:
        """Send until the claim or its time is used up; the failure that concerns the account, if any.

        A connection that breaks after it took a message is a server's habit; before, it is trouble.
        """
        shop = self._shop
        composed = shop.composer().compose(iter(self._messages()), shop.clock())
        for message, letter in composed:
            if isinstance(letter, DomainError):
                outcome: Outcome = Refused("", str(letter))
            else:
                outcome = transport.send(shop.envelope_from, letter.recipient, letter.payload)
            if isinstance(outcome, AccountRefused):
                return outcome
            if not self._record(message, outcome):
                self.lost = True
                return None
            if not transport.usable:
                return outcome if isinstance(outcome, Failure) and not self._cleared else None
            if shop.clock() >= self._ends_at:
                return None
        self.next_id = self._last_claimed + 1
        return None

    def _record(self, message: Outgoing, outcome: Outcome) -> bool:
        now = self._shop.clock()
        held = self._recorder.record(message.id, outcome, now, failures=message.failures)
        self.tried += 1
        self.next_id = message.id + 1
        if isinstance(outcome, Accepted) and not self._cleared:
            self._cleared = True
            clear_account_failures(
                self._session, account_id=self._work.account_id, campaign_id=self._work.campaign_id
            )
        elif isinstance(outcome, Refused):
            record_smtp_bounce(self._session, message_id=message.id, refusal=outcome, now=now)
        return held

    def _messages(self) -> list[Outgoing]:
        columns = (
            Message.id,
            Message.address,
            Message.recipient_name,
            Message.failures,
            Message.merge_values,
        )
        rows = self._session.execute(
            sa.select(*columns).where(Message.claim_id == self.claim_id).order_by(Message.id)
        )
        messages = [
            Outgoing(number, address, name, failures, values or {})
            for number, address, name, failures, values in rows
        ]
        self._session.rollback()  # no transaction stays open while the network is used
        return messages
