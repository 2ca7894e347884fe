"""Paying for texts before they leave: a few at a time, each once for each attempt."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.errors import DomainError
from domain.local_time import WARSAW
from domain.outcomes import NoMoney, Refused
from domain.segments import check_parts, segment
from domain.tariff import Tariff
from domain.text_messages import TextMessage
from models.message import DeliveryAttempt, Message
from models.sessions import flush_to_disk
from services.compose_mail import Outgoing
from services.compose_text import TextLetter
from services.ledger import Fare, Stamp, charge_many, hold_account, not_enough
from services.lock_messages import lock_messages
from services.price_list import NoPrice, price_in_force, tariff_on
from services.quote_texts import EmptyText
from services.sms_days import DayKey, add_to_day, counted_as

_message = cast("sa.Table", Message.__table__)
_PAID = (
    sa.update(_message)
    .where(_message.c.id == sa.bindparam("of_message"))
    .values({name: sa.bindparam(name) for name in ("sender", "parts", "unit_price", "cost", "charged_on")})
)


Payable = TextMessage | Refused | NoMoney | None
"""A text that is paid for, why it is not, or None: it is no longer the claim's."""


@dataclass(frozen=True, slots=True)
class SmsAccountFacts:
    """The account that pays, and who its texts are from."""

    id: int
    sender: str
    most_parts: int


@dataclass(frozen=True, slots=True)
class _Priced:
    letter: TextLetter
    parts: int
    price: int

    @property
    def cost(self) -> int:
        return self.parts * self.price


class SmsTill:
    """Charges the texts of one campaign, or single ones (None), to one account."""

    def __init__(
        self,
        session: Session,
        account: SmsAccountFacts,
        campaign_id: int | None,
        clock: Callable[[], datetime],
    ) -> None:
        self._session = session
        self._account = account
        self._campaign_id = campaign_id
        self._clock = clock

    def take(
        self, claim_id: int, batch: Sequence[tuple[Outgoing, TextLetter | DomainError]]
    ) -> Iterator[tuple[Outgoing, Payable]]:
        """Charge a batch in one transaction; each of it ready to send, refused, or None when it is no longer
        the claim's.
        """
        now = self._clock()
        day = now.astimezone(WARSAW).date()
        tariff = tariff_on(self._session, day)
        self._session.rollback()
        priced: dict[int, _Priced] = {}
        ready: dict[int, Payable] = {}
        for message, letter in batch:
            try:
                priced[message.id] = self._price(letter, tariff)
            except NoPrice as error:  # of the price list, not of the text: somebody can mend it
                single = self._campaign_id is None
                ready[message.id] = Refused("", str(error)) if single else NoMoney("", str(error))
            except DomainError as error:
                ready[message.id] = Refused("", str(error))
        ready |= self._charge(claim_id, priced, day, now)
        return ((message, ready.get(message.id)) for message, _letter in batch)

    def _price(self, letter: TextLetter | DomainError, tariff: Tariff) -> _Priced:
        if isinstance(letter, DomainError):
            raise letter
        counted = segment(letter.text)
        check_parts(counted, self._account.most_parts)
        if not counted.parts:
            raise EmptyText(number=letter.number)
        return _Priced(letter, counted.parts, price_in_force(tariff, letter.number))

    def _charge(
        self, claim_id: int, priced: dict[int, _Priced], day: date, now: datetime
    ) -> dict[int, Payable]:
        session, account = self._session, self._account
        hold_account(session, account.id)  # before its messages
        attempts = self._attempts(self._held(claim_id, priced), now)
        fares = [Fare(number, attempt, priced[number].cost) for number, attempt in attempts.items()]
        charged = charge_many(session, account.id, fares, campaign_id=self._campaign_id, stamp=Stamp(now))
        self._write_down([fare for fare in fares if fare.attempt in charged.new], priced, day)
        senders = self._senders(list(attempts))
        ready: dict[int, Payable] = {
            fare.message_id: TextMessage(
                priced[fare.message_id].letter.number,
                priced[fare.message_id].letter.text,
                senders[fare.message_id],
                fare.attempt,
                account.most_parts,
            )
            for fare in fares
            if fare.attempt in charged.covered
        }
        for fare in [fare for fare in fares if fare.attempt not in charged.covered]:
            text = str(not_enough(session, account.id, fare.units))
            ready[fare.message_id] = Refused("", text) if self._campaign_id is None else NoMoney("", text)
        session.commit()
        flush_to_disk(session)
        return ready

    def _held(self, claim_id: int, priced: dict[int, _Priced]) -> list[int]:
        """Of these messages the ones the claim still holds, locked."""
        held = sa.and_(Message.id.in_(list(priced)), Message.claim_id == claim_id)
        return lock_messages(self._session, held)

    def _attempts(self, message_ids: list[int], now: datetime) -> dict[int, str]:
        """Each message's open attempt, or a new one: its uuid is the gateway's idempotency id."""
        known = self._session.execute(
            sa.select(DeliveryAttempt.message_id, DeliveryAttempt.uuid)
            .where(DeliveryAttempt.message_id.in_(message_ids), DeliveryAttempt.outcome.is_(None))
            .order_by(DeliveryAttempt.id)
        ).all()
        attempts = dict(known)
        new = {number: str(uuid4()) for number in message_ids if number not in attempts}
        if new:
            rows = [{"message_id": number, "uuid": uuid, "started_at": now} for number, uuid in new.items()]
            self._session.execute(sa.insert(DeliveryAttempt), rows)
        return {number: attempts.get(number) or new[number] for number in message_ids}

    def _senders(self, message_ids: list[int]) -> dict[int, str]:
        """Who each text is from: whoever it was charged as, though the account's sender has changed since."""
        known = sa.select(Message.id, Message.sender).where(Message.id.in_(message_ids))
        return dict(self._session.execute(known).all())

    def _write_down(self, fares: list[Fare], priced: dict[int, _Priced], day: date) -> None:
        if not fares:
            return
        rows: list[dict[str, Any]] = [
            {
                "of_message": fare.message_id,
                "sender": self._account.sender,
                "parts": priced[fare.message_id].parts,
                "unit_price": priced[fare.message_id].price,
                "cost": fare.units,
                "charged_on": day,
            }
            for fare in fares
        ]
        self._session.connection().execute(_PAID, rows)
        origins = counted_as(self._session, [row["of_message"] for row in rows])
        for origin in sorted(set(origins.values())):
            self._add_up(origin, [row for row in rows if origins[row["of_message"]] == origin], day)

    def _add_up(self, origin: str, rows: list[dict[str, Any]], day: date) -> None:
        key = DayKey(day, self._account.id, self._account.sender, origin, self._campaign_id or 0)
        parts, cost = (sum(row[name] for row in rows) for name in ("parts", "cost"))
        add_to_day(self._session, key, messages=len(rows), parts=parts, cost=cost)
