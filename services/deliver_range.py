"""One job's work: claim a range, send it in id order over one connection, record every answer."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.errors import DomainError
from domain.outcomes import (
    Accepted,
    AccountRefused,
    Failure,
    NoMoney,
    Outcome,
    Refused,
    Unavailable,
    Uncertain,
)
from models.message import DeliveryAttempt, DeliveryClaim, Message, held_by
from services.account_failures import clear_account_failures, pause_with_reason, record_account_failure
from services.campaign_lifecycle import finish_exhausted
from services.claim_deliveries import WorkRange, claim_range, close_claim, is_due
from services.compose_mail import Outgoing
from services.delivery_policy import DeliveryPolicy
from services.job_names import DELIVERS, Enqueue
from services.record_bounce import record_smtp_bounce
from services.record_outcome import ClaimRecorder, finish_accepted_attempts

Letter = TypeVar("Letter")
Item = TypeVar("Item")
_Letter_contra = TypeVar("_Letter_contra", contravariant=True)
_Composed_co = TypeVar("_Composed_co", covariant=True)


class Desk(Protocol[_Letter_contra]):
    """Where composed messages are made ready and handed over, one after the other.

    ``prepared`` says of each what ``hand_over`` needs; that answers None when the message is no longer the
    claim's, and nothing went out. While it waits for an answer, ``hand_over`` may call ``meanwhile``, which
    takes the next from ``prepared`` and never raises.
    """

    @property
    def usable(self) -> bool: ...
    def open(self) -> Unavailable | None: ...
    def prepared(
        self, claim_id: int, composed: Iterator[tuple[Outgoing, _Letter_contra | DomainError]]
    ) -> Iterator[tuple[Outgoing, Any]]: ...
    def hand_over(self, message: Outgoing, ready: Any, meanwhile: Callable[[], None]) -> Outcome | None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Composer(Protocol[_Composed_co]):
    def compose(
        self, messages: Iterator[Outgoing], date: datetime
    ) -> Iterator[tuple[Outgoing, _Composed_co | DomainError]]: ...


@dataclass(frozen=True, slots=True)
class Workshop(Generic[Letter]):
    """What a delivery needs from outside, made by the entrance for one account and campaign.

    ``keeps_attempts``: the desk opens an attempt for every message, not only for those sent again.
    """

    connect: Callable[[], Desk[Letter]]
    composer: Callable[[], Composer[Letter]]
    policy: DeliveryPolicy
    clock: Callable[[], datetime]
    enqueue: Enqueue
    worker: str
    boot: str = ""
    keeps_attempts: bool = False


def deliver_range(session: Session, work: WorkRange, shop: Workshop[Letter]) -> int:
    """Deliver the first due messages of the range and ring for the rest; the number tried.

    Ends after ``claim_size`` messages or ``claim_time``. Heard twice, it finds nothing to claim. What
    can go wrong before the first message, composing and connecting, comes before the claim.
    """
    tried = 0
    if is_due(session, work, shop.clock()):
        try:
            composer = shop.composer()
        except DomainError as error:
            if work.campaign_id is None:
                raise
            pause_with_reason(session, work.campaign_id, str(error))
            return 0
        session.rollback()  # no transaction stays open while the network is used
        with shop.connect() as desk:
            failure: Failure | None = desk.open()
            if failure is None:
                tried, failure = _deliver(session, work, shop, composer, desk)
        if failure is not None:
            _record_failure(session, work, shop, failure)
    if work.campaign_id is not None:
        finish_exhausted(session, shop.clock(), campaign_id=work.campaign_id)
    return tried


def _deliver(
    session: Session, work: WorkRange, shop: Workshop[Letter], composer: Composer[Letter], desk: Desk[Letter]
) -> tuple[int, Failure | None]:
    claim = claim_range(
        session, work, policy=shop.policy, worker=shop.worker, boot=shop.boot, now=shop.clock()
    )
    if claim is None:
        return 0, None
    first_id, last_id = claim.first_message_id, claim.last_message_id
    with closing(_Run(session, work, shop, claim)) as run:
        try:
            failure = run.send_all(composer, desk)
        except Exception:
            if not run.in_flight:
                session.rollback()
                close_claim(session, run.claim_id, shop.clock())
            raise
    if shop.keeps_attempts:
        finish_accepted_attempts(session, first_id, last_id)
    close_claim(session, run.claim_id, shop.clock())
    if failure is None and run.next_id <= work.last_id and not run.lost:
        shop.enqueue(
            DELIVERS[work.line.channel], work.account_id, work.campaign_id, run.next_id, work.last_id
        )
    return run.tried, failure


def _record_failure(session: Session, work: WorkRange, shop: Workshop[Letter], failure: Failure) -> None:
    if isinstance(failure, NoMoney) and work.campaign_id is not None:
        pause_with_reason(session, work.campaign_id, failure.text)
        return
    record_account_failure(
        session,
        account_id=work.account_id,
        campaign_id=work.campaign_id,
        failure=failure,
        policy=shop.policy,
        now=shop.clock(),
        line=work.line,
    )


class _Ahead(Iterator[Item]):
    """Items that can be fetched before they are asked for. What goes wrong is raised when they are."""

    def __init__(self, items: Iterator[Item]) -> None:
        self._items = items
        self._fetched: Item | None = None
        self._trouble: Exception | None = None

    def fetch(self) -> None:
        """Have the next one ready."""
        try:
            self._fetched = next(self)
        except Exception as error:  # noqa: BLE001 - raised again by __next__, once the answer is recorded
            self._trouble = error

    def __next__(self) -> Item:
        if self._trouble is not None:
            raise self._trouble
        fetched, self._fetched = self._fetched, None
        return next(self._items) if fetched is None else fetched


class _Run(Generic[Letter]):
    """The sending of one claim over one connection."""

    def __init__(
        self, session: Session, work: WorkRange, shop: Workshop[Letter], claim: DeliveryClaim
    ) -> None:
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
        self.in_flight = False
        self._cleared = False
        self._attempted: frozenset[int] = frozenset()

    def close(self) -> None:
        """Give the recorder's connection back."""
        self._recorder.close()

    def send_all(self, composer: Composer[Letter], desk: Desk[Letter]) -> Failure | None:
        """Send until the claim or its time is used up; the failure that concerns the account, if any.

        A connection that breaks after it took a message is a server's habit; before, it is trouble.
        While ``in_flight`` a message may have gone out whose answer is not recorded yet.
        """
        shop = self._shop
        composed = composer.compose(iter(self._messages()), shop.clock())
        prepared = _Ahead(desk.prepared(self.claim_id, composed))
        for message, ready in prepared:
            self.in_flight = True
            outcome = desk.hand_over(message, ready, prepared.fetch)
            if isinstance(outcome, AccountRefused):
                return outcome
            if outcome is None or not self._record(message, outcome):
                self.lost = True
                return None
            self.in_flight = False
            if not desk.usable:
                trouble = outcome if isinstance(outcome, Unavailable | Uncertain) else None
                return None if self._cleared else trouble
            if shop.clock() >= self._ends_at:
                return None
        self.next_id = self._last_claimed + 1
        return None

    def _record(self, message: Outgoing, outcome: Outcome) -> bool:
        now = self._shop.clock()
        held = self._recorder.record(
            message.id,
            outcome,
            now,
            failures=message.failures,
            attempted=self._shop.keeps_attempts or message.id in self._attempted,
        )
        self.tried += 1
        self.next_id = message.id + 1
        if isinstance(outcome, Accepted) and not self._cleared:
            self._cleared = True
            clear_account_failures(
                self._session,
                account_id=self._work.account_id,
                campaign_id=self._work.campaign_id,
                line=self._work.line,
            )
        elif isinstance(outcome, Refused) and self._recorder.decided:
            record_smtp_bounce(self._session, message_id=message.id, refusal=outcome, now=now)
        return held

    def _messages(self) -> list[Outgoing]:
        columns = (
            Message.id,
            Message.address,
            Message.recipient_name,
            Message.failures,
            Message.merge_values,
            Message.client_id,
        )
        rows = self._session.execute(sa.select(*columns).where(held_by(self.claim_id)).order_by(Message.id))
        messages = [
            Outgoing(number, address, name, failures, values or {}, client_id)
            for number, address, name, failures, values, client_id in rows
        ]
        self._attempted = frozenset(
            self._session.scalars(
                sa.select(DeliveryAttempt.message_id).where(
                    DeliveryAttempt.message_id.in_(sa.select(Message.id).where(held_by(self.claim_id))),
                    DeliveryAttempt.outcome.is_(None),
                )
            )
        )
        self._session.rollback()  # no transaction stays open while the network is used
        return messages
