"""An event that clients are told of: recorded, and its messages queued, in the transaction of the change.

So a change that is rolled back tells nothing, and one change tells nothing twice (``FiredEvent.change_key``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Channel, Purpose
from domain.errors import DomainError
from domain.events import CHANNELS, EventKind, RecordKind
from domain.notification_rules import NotificationFacts, RuleMode, Withheld, withheld
from gateways.ejs import EjsRuntime
from models.client import Client
from models.message import Message, Origin
from models.notification import FiredEvent, Notification
from models.payment_due import PaymentDue
from models.repair import CostOffer, Repair
from models.shipment import Shipment
from models.ticket import Ticket
from queries.given_consents import named_grant, processing_grant
from queries.one_client import OneClient, one_client
from services.choose_account import (
    NoMailAccount,
    NoSmsAccount,
    SmsAccountOff,
    default_mail_account,
    sms_account_to_send_from,
)
from services.company_name import COMPANY_NAME, company_name
from services.job_names import DELIVERS, Enqueue
from services.message_content import Rendered
from services.notification_content import render_notification
from services.notification_rules import Rule, rule_in_force
from services.record_values import values_of
from services.topics import conversation_of

Record = Repair | Ticket | PaymentDue | Shipment
MODELS: dict[RecordKind, type[Record]] = {
    RecordKind.REPAIR: Repair,
    RecordKind.TICKET: Ticket,
    RecordKind.PAYMENT_DUE: PaymentDue,
    RecordKind.SHIPMENT: Shipment,
}


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What happened to ``record``; ``offer`` is the one to be accepted. See `models.notification.FiredEvent`
    for ``change_key`` and ``request_digest``.
    """

    kind: EventKind
    change_key: str
    record: Record
    offer: CostOffer | None = None
    held_back: bool = False
    actor_id: int | None = None
    request_digest: str = ""


@dataclass(frozen=True, slots=True)
class Ring:
    """A message to ring for once the transaction is committed."""

    channel: Channel
    account_id: int
    message_id: int


@dataclass(frozen=True, slots=True)
class Fired:
    """``is_new`` is false for a change that was told of before: then nothing was added."""

    event: FiredEvent
    is_new: bool
    rings: tuple[Ring, ...] = field(default=())


def ring_all(rings: tuple[Ring, ...], enqueue: Enqueue) -> None:
    """Ring for what was queued; after the commit."""
    for ring in rings:
        enqueue(DELIVERS[ring.channel], ring.account_id, None, ring.message_id, ring.message_id)


def fire_event(session: Session, what: Occurrence, *, runtime: EjsRuntime, now: datetime) -> Fired:
    """Record the event, and queue a message by each channel that the rules allow. The caller commits, then
    calls `ring_all`.

    A text that cannot be rendered, or a missing account, withholds its notification and says so; it never
    keeps the change from happening.
    """
    known = session.scalars(
        sa.select(FiredEvent).where(FiredEvent.change_key == what.change_key)
    ).one_or_none()
    if known is not None:
        return Fired(known, is_new=False)
    client_id = _survivor(session, what.record.client_id)
    event = FiredEvent(
        kind=what.kind,
        change_key=what.change_key,
        request_digest=what.request_digest,
        client_id=client_id,
        held_back=what.held_back,
        values=values_of(what.record, what.offer),
        actor_id=what.actor_id,
        occurred_at=now,
        offer_id=what.offer.id if what.offer else None,
        **_records(what.record),
    )
    session.add(event)
    session.flush()
    rings: list[Ring] = []
    for channel in CHANNELS:
        teller = _Teller(session, event, rule_in_force(session, what.kind, channel), runtime, now)
        if ring := teller.tell():
            rings.append(ring)
    return Fired(event, is_new=True, rings=tuple(rings))


class _Teller:
    """One event by one channel."""

    def __init__(
        self, session: Session, event: FiredEvent, rule: Rule, runtime: EjsRuntime, now: datetime
    ) -> None:
        self._session = session
        self._event = event
        self._rule = rule
        self._runtime = runtime
        self._now = now

    def tell(self) -> Ring | None:
        """Queue the message, or note why not."""
        client = one_client(self._session, self._event.client_id, self._rule.channel, Purpose.SERVICE)
        processing, named = self._processing_consent(), self._named_consent()
        reason = self._withheld(client, processing, named)
        if reason is not None or client is None:
            self._note(reason or Withheld.CLIENT_GONE)
            return None
        try:
            message = self._message(client, named or processing)
        except (NoMailAccount, NoSmsAccount, SmsAccountOff) as error:
            self._note(Withheld.NO_ACCOUNT, str(error))
            return None
        except DomainError as error:
            self._note(Withheld.TEXT_FAILED, str(error))
            return None
        self._session.add(message)
        self._session.flush()
        self._session.add(
            Notification(event_id=self._event.id, channel=self._rule.channel, message_id=message.id)
        )
        self._session.flush()
        account_id = message.sms_account_id or message.account_id
        return Ring(message.channel, account_id, message.id) if account_id else None

    def _processing_consent(self) -> int | None:
        return self._session.scalar(sa.select(processing_grant(self._event.client_id)))

    def _named_consent(self) -> int | None:
        if self._rule.mode is not RuleMode.CONSENT or self._rule.consent_definition_id is None:
            return None
        return self._session.scalar(
            sa.select(named_grant(self._event.client_id, self._rule.consent_definition_id))
        )

    def _withheld(
        self, client: OneClient | None, processing: int | None, named: int | None
    ) -> Withheld | None:
        facts = NotificationFacts(
            held_back=self._event.held_back,
            is_gone=client is None,
            processing_consent=processing is not None,
            reason=client.reason if client else None,
            named_consent=named is not None,
        )
        return withheld(self._event.kind, self._rule.channel, self._rule.mode, facts)

    def _note(self, reason: Withheld, detail: str = "") -> None:
        self._session.add(
            Notification(
                event_id=self._event.id, channel=self._rule.channel, reason=reason, detail=detail[:600]
            )
        )
        self._session.flush()

    def _message(self, client: OneClient, consent: int | None) -> Message:
        is_text = self._rule.channel is Channel.SMS
        rendered = self._render(client)
        account = sms_account_to_send_from(self._session) if is_text else None
        conversation = conversation_of(self._session, self._event, client, self._now)
        return Message(
            idempotency_key=f"event:{self._event.id}:{self._rule.channel}",
            channel=self._rule.channel,
            origin=Origin.EVENT,
            account_id=None if account else default_mail_account(self._session),
            sms_account_id=account.id if account else None,
            sender=account.sender if account else "",
            conversation_id=conversation.id,
            client_id=client.id,
            consent_event_id=consent,
            address=client.address,
            address_digest=client.address_digest,
            recipient_name=client.name,
            subject=None if is_text else rendered.subject,
            body_text=rendered.text,
            body_html=None if is_text else rendered.html,
            created_at=self._now,
            due_at=self._now,
        )

    def _render(self, client: OneClient) -> Rendered:
        company = {COMPANY_NAME: company_name(self._session)}
        values: Mapping[str, str] = {**client.values, **company, **self._event.values}
        return render_notification(self._session, self._rule, values, self._runtime)


def _survivor(session: Session, client_id: int) -> int:
    """A client merged into another since the record was made is told under the other's name."""
    return session.scalar(sa.select(Client.merged_into_id).where(Client.id == client_id)) or client_id


def _records(record: Record) -> dict[str, int | None]:
    if isinstance(record, Repair):
        return {"repair_id": record.id}
    if isinstance(record, Ticket):
        return {"ticket_id": record.id}
    own = "payment_due_id" if isinstance(record, PaymentDue) else "shipment_id"
    return {own: record.id, "repair_id": record.repair_id}
