"""What clients are told of by itself: the rules, the events that happened, and what became of each."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.channel import Channel
from domain.events import EventKind
from domain.notification_rules import RuleMode, Withheld
from models.base import Identified, Model, Timestamped, enum_type
from models.client import Client
from models.consent import ConsentDefinition
from models.message import Message
from models.payment_due import PaymentDue
from models.repair import CostOffer, Repair
from models.shipment import Shipment
from models.ticket import Ticket
from models.user import User

OF_ITS_RECORD = (
    "CASE WHEN kind IN ('ticket_received', 'ticket_done') THEN ticket_id IS NOT NULL "
    "WHEN kind = 'payment_due' THEN payment_due_id IS NOT NULL "
    "WHEN kind = 'shipment_created' THEN shipment_id IS NOT NULL "
    "ELSE repair_id IS NOT NULL END"
)


class NotificationRule(Identified, Timestamped, Model):
    """What somebody set for one event and channel; without a row the defaults of `domain` hold.

    An empty ``body`` is the default text; ``strip_letters`` none: an SMS leaves as the settings say.
    """

    __tablename__ = "notification_rule"
    __table_args__ = (
        sa.UniqueConstraint("event", "channel"),
        sa.CheckConstraint(
            "(mode = 'consent') = (consent_definition_id IS NOT NULL)", name="names_a_consent"
        ),
        sa.CheckConstraint("event <> 'shipment_created' OR channel <> 'sms'", name="is_offered"),
    )

    event: Mapped[EventKind] = mapped_column(enum_type(EventKind, "event"))
    channel: Mapped[Channel] = mapped_column(enum_type(Channel, "channel"))
    mode: Mapped[RuleMode] = mapped_column(enum_type(RuleMode, "mode"))
    consent_definition_id: Mapped[int | None] = mapped_column(sa.ForeignKey("consent_definition.id"))
    subject: Mapped[str] = mapped_column(sa.String(400), default="")
    body: Mapped[str] = mapped_column(sa.Text, default="")
    strip_letters: Mapped[bool | None]
    updated_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))

    consent_definition: Mapped[ConsentDefinition | None] = relationship()


class FiredEvent(Identified, Model):
    """An event that happened, written in the transaction of the change. Append-only.

    ``change_key`` makes it unique: ``repair_change:<id>:<kind>``, ``offer:<id>``, ``ticket:<id>:<kind>:<n>``,
    ``payment_due:<id>``, ``shipment:<id>``, ``api:<token id>:<idempotency key>`` or ``command:<uuid>``;
    ``request_digest`` is the SHA-256 of what an outside system asked. ``values``: dotted path to text, what
    the templates are rendered with.
    """

    __tablename__ = "fired_event"
    __table_args__ = (
        sa.CheckConstraint(OF_ITS_RECORD, name="of_its_record"),
        sa.Index("ix_fired_event_client_id", "client_id", "id"),
        sa.Index("ix_fired_event_repair_id", "repair_id", "id"),
    )

    kind: Mapped[EventKind] = mapped_column(enum_type(EventKind, "kind"))
    change_key: Mapped[str] = mapped_column(sa.String(200), unique=True)
    request_digest: Mapped[str] = mapped_column(sa.String(64), default="")
    client_id: Mapped[int] = mapped_column(sa.ForeignKey("client.id"))
    repair_id: Mapped[int | None] = mapped_column(sa.ForeignKey("repair.id"))
    offer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("cost_offer.id"))
    ticket_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ticket.id"))
    payment_due_id: Mapped[int | None] = mapped_column(sa.ForeignKey("payment_due.id"))
    shipment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("shipment.id"))
    held_back: Mapped[bool] = mapped_column(default=False)
    values: Mapped[dict[str, Any]]
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    occurred_at: Mapped[datetime]

    client: Mapped[Client] = relationship()
    repair: Mapped[Repair | None] = relationship()
    offer: Mapped[CostOffer | None] = relationship()
    ticket: Mapped[Ticket | None] = relationship()
    payment_due: Mapped[PaymentDue | None] = relationship()
    shipment: Mapped[Shipment | None] = relationship()
    actor: Mapped[User | None] = relationship()
    notifications: Mapped[list["Notification"]] = relationship(
        back_populates="event", order_by="Notification.id"
    )


class Notification(Identified, Model):
    """What became of an event by one channel: the message that went into the queue, or why none did.

    Append-only. ``detail`` says more where the reason alone does not.
    """

    __tablename__ = "notification"
    __table_args__ = (
        sa.UniqueConstraint("event_id", "channel"),
        sa.UniqueConstraint("message_id"),
        sa.CheckConstraint("(reason IS NULL) = (message_id IS NOT NULL)", name="sent_or_a_reason"),
    )

    event_id: Mapped[int] = mapped_column(sa.ForeignKey("fired_event.id"))
    channel: Mapped[Channel] = mapped_column(enum_type(Channel, "channel"))
    reason: Mapped[Withheld | None] = mapped_column(enum_type(Withheld, "reason"))
    detail: Mapped[str] = mapped_column(sa.String(600), default="")
    message_id: Mapped[int | None] = mapped_column(sa.ForeignKey("message.id"))

    event: Mapped[FiredEvent] = relationship(back_populates="notifications")
    message: Mapped[Message | None] = relationship()
