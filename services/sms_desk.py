"""SMS as the engine hands it over: charged first, then given to the first gateway that is not unavailable."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.diagnoses import NoGatewayOpen
from domain.errors import DomainError
from domain.local_time import WARSAW
from domain.outcomes import Accepted, NoMoney, Outcome, Refused, Unavailable
from domain.segments import check_parts, segment
from domain.text_messages import TextMessage
from models.message import DeliveryAttempt, Message
from models.sessions import flush_to_disk, rows_changed
from services.compose_mail import Outgoing
from services.compose_text import TextLetter
from services.delivery_policy import DeliveryPolicy
from services.gateway_failures import clear_gateway_failure, record_gateway_failure
from services.ledger import NotEnoughMoney, Stamp, charge
from services.price_list import price_in_force, tariff_on
from services.sms_days import add_to_day


class Gateway(Protocol):
    """An SMS gateway (gateways.smsapi.SmsapiGateway, for one), which keeps its own connections."""

    def send(self, message: TextMessage) -> Outcome: ...


@dataclass(frozen=True, slots=True)
class Route:
    """A gateway by its row's id."""

    gateway_id: int
    gateway: Gateway


@dataclass(frozen=True, slots=True)
class SmsAccountFacts:
    """The account that pays, and who its texts are from."""

    id: int
    sender: str
    most_parts: int


class SmsDesk:
    """One worker's way out for texts: ``routes`` in the order in which they are tried."""

    def __init__(
        self,
        session: Session,
        account: SmsAccountFacts,
        campaign_id: int | None,
        routes: Sequence[Route],
        *,
        policy: DeliveryPolicy,
        clock: Callable[[], datetime],
    ) -> None:
        self._session = session
        self._account = account
        self._campaign_id = campaign_id
        self._routes = list(routes)
        self._policy = policy
        self._clock = clock
        self._proven: set[int] = set()

    @property
    def usable(self) -> bool:
        return bool(self._routes)

    def open(self) -> Unavailable | None:
        """Gateways connect when they are first used; without one there is nothing to do."""
        return None if self._routes else Unavailable("", str(NoGatewayOpen()))

    def hand_over(self, claim_id: int, message: Outgoing, letter: TextLetter) -> Outcome | None:
        """Charge the message, then send it; None when the claim is no longer ours.

        The charge is on disk before the network is used: whatever is killed, no text goes out unpaid, and an
        attempt that was charged keeps its charge through every automatic retry.
        """
        try:
            reference = self._charge(claim_id, message, letter)
        except NotEnoughMoney as error:
            self._session.rollback()
            text = str(error)
            return Refused("", text) if self._campaign_id is None else NoMoney("", text)
        except DomainError as error:
            self._session.rollback()
            return Refused("", str(error))
        if reference is None:
            return None
        account = self._account
        return self._send(
            TextMessage(letter.number, letter.text, account.sender, reference, account.most_parts)
        )

    def _charge(self, claim_id: int, message: Outgoing, letter: TextLetter) -> str | None:
        session, now = self._session, self._clock()
        counted = segment(letter.text)
        check_parts(counted, self._account.most_parts)
        day = now.astimezone(WARSAW).date()
        price = price_in_force(tariff_on(session, day), letter.number)
        session.rollback()  # an UPDATE first: SQLite cannot turn a read into a write that others wait for
        held = rows_changed(
            session,
            sa.update(Message)
            .where(Message.id == message.id, Message.claim_id == claim_id)
            .values(sender=self._account.sender),
        )
        if not held:
            session.rollback()
            return None
        attempt = self._attempt(message.id, now)
        cost = counted.parts * price
        charged = charge(
            session,
            self._account.id,
            message_id=message.id,
            attempt=attempt,
            units=cost,
            campaign_id=self._campaign_id,
            stamp=Stamp(now),
        )
        if charged:
            row = session.get_one(Message, message.id, populate_existing=True)
            row.parts, row.unit_price, row.cost, row.charged_on = counted.parts, price, cost, day
            session.flush()
            add_to_day(session, row, day, parts=counted.parts, cost=cost)
        session.commit()
        flush_to_disk(session)
        return attempt

    def _attempt(self, message_id: int, now: datetime) -> str:
        """The open attempt of a message, or a new one: its uuid is the gateway's idempotency id."""
        known = self._session.scalar(
            sa.select(DeliveryAttempt.uuid)
            .where(DeliveryAttempt.message_id == message_id, DeliveryAttempt.outcome.is_(None))
            .order_by(DeliveryAttempt.id.desc())
            .limit(1)
        )
        if known is not None:
            return known
        attempt = DeliveryAttempt(message_id=message_id, uuid=str(uuid4()), started_at=now)
        self._session.add(attempt)
        self._session.flush()
        return attempt.uuid

    def _send(self, text: TextMessage) -> Outcome:
        """The answer of the first gateway that is not unavailable; a gateway that is gets no more texts."""
        outcome: Outcome = Unavailable("", str(NoGatewayOpen()))
        for route in list(self._routes):
            outcome = route.gateway.send(text)
            if not isinstance(outcome, Unavailable):
                if isinstance(outcome, Accepted) and route.gateway_id not in self._proven:
                    self._proven.add(route.gateway_id)
                    clear_gateway_failure(self._session, route.gateway_id)
                return replace(outcome, gateway_id=route.gateway_id)
            self._routes.remove(route)
            record_gateway_failure(
                self._session, route.gateway_id, outcome, policy=self._policy, now=self._clock()
            )
        return outcome

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._routes.clear()
