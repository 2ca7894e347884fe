"""SMS as the engine hands it over: charged first, then given to the first gateway that is not unavailable."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from types import TracebackType
from typing import Protocol, Self

from sqlalchemy.orm import Session

from domain.diagnoses import NoGatewayOpen
from domain.errors import DomainError
from domain.outcomes import Accepted, Outcome, Refused, Unavailable
from domain.text_messages import TextMessage
from services.compose_mail import Outgoing
from services.compose_text import TextLetter
from services.delivery_policy import DeliveryPolicy
from services.gateway_failures import clear_gateway_failure, record_gateway_failure
from services.sms_till import Payable, SmsTill

CHARGED_TOGETHER = 50


class Gateway(Protocol):
    """An SMS gateway (gateways.smsapi.SmsapiGateway, for one), which keeps its own connections."""

    def send(self, message: TextMessage) -> Outcome: ...


@dataclass(frozen=True, slots=True)
class Route:
    """A gateway by its row's id."""

    gateway_id: int
    gateway: Gateway


class SmsDesk:
    """One worker's way out for texts: ``routes`` in the order in which they are tried."""

    def __init__(
        self,
        session: Session,
        till: SmsTill,
        routes: Sequence[Route],
        *,
        policy: DeliveryPolicy,
        clock: Callable[[], datetime],
    ) -> None:
        self._session = session
        self._till = till
        self._routes = list(routes)
        self._policy = policy
        self._clock = clock
        self._proven: set[int] = set()
        self._learnt: dict[int, Unavailable | None] = {}

    @property
    def usable(self) -> bool:
        return bool(self._routes)

    def open(self) -> Unavailable | None:
        """Gateways connect when they are first used; without one there is nothing to do."""
        return None if self._routes else Unavailable("", str(NoGatewayOpen()))

    def prepared(
        self, claim_id: int, composed: Iterator[tuple[Outgoing, TextLetter | DomainError]]
    ) -> Iterator[tuple[Outgoing, Payable]]:
        """Each message paid for and ready to send, or why it is not; None when the claim is no longer ours.

        A charge is on disk before the network is used, a few ahead of it: whatever is killed, no text goes
        out unpaid, and an attempt that was charged keeps its charge until it is made or given up.
        """
        while batch := list(islice(composed, CHARGED_TOGETHER)):
            for each in self._till.take(claim_id, batch):
                yield each
                self._write_down()

    def hand_over(self, _message: Outgoing, ready: Payable, _meanwhile: Callable[[], None]) -> Outcome | None:
        """The answer of the first gateway that is not unavailable; what could not be paid for is not sent."""
        return self._send(ready) if isinstance(ready, TextMessage) else ready

    def _send(self, text: TextMessage) -> Outcome:
        """The answer of the first gateway that is not unavailable; a gateway that is gets no more texts."""
        outcome: Outcome = Unavailable("", str(NoGatewayOpen()))
        for route in list(self._routes):
            outcome = route.gateway.send(text)
            if not isinstance(outcome, Unavailable):
                if _was_reached(outcome) and route.gateway_id not in self._proven:
                    self._proven.add(route.gateway_id)
                    self._learnt[route.gateway_id] = None
                return replace(outcome, gateway_id=route.gateway_id, attempt=text.reference)
            self._routes.remove(route)
            self._learnt[route.gateway_id] = outcome
        return replace(outcome, attempt=text.reference)

    def _write_down(self) -> None:
        """What became known of the gateways. Never between an answer and its record: were this to fail there,
        a text that was taken would end as uncertain.
        """
        while self._learnt:
            gateway_id, failure = self._learnt.popitem()
            if failure is None:
                clear_gateway_failure(self._session, gateway_id)
            else:
                record_gateway_failure(
                    self._session, gateway_id, failure, policy=self._policy, now=self._clock()
                )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._routes.clear()
        if error is None:
            self._write_down()


def _was_reached(outcome: Outcome) -> bool:
    """Whether the gateway itself said yes or no; a refusal without a code is ours, and it was never asked."""
    return isinstance(outcome, Accepted) or (isinstance(outcome, Refused) and bool(outcome.code))
