"""Messages: every delivery, out and in, is a row before anything else happens to it."""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.channel import Channel
from domain.delivery import DeliveryState, Status
from domain.eligibility import Reason
from models.attachment import Attachment
from models.base import Identified, Model, db, enum_type
from models.campaign import Campaign
from models.client import Client
from models.consent import ConsentEvent
from models.conversation import Conversation
from models.investment import Contract
from models.mail_account import MailAccount
from models.sms_account import SmsAccount
from models.sms_gateway import SmsGateway

message_attachment = sa.Table(
    "message_attachment",
    db.metadata,
    sa.Column("message_id", sa.ForeignKey("message.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("attachment_id", sa.ForeignKey("attachment.id"), primary_key=True),
)


def _index_where(known: str, *columns: str) -> sa.Index:
    """Without the rows that have no value: PostgreSQL writes to every other index with each update."""
    where = sa.text(f"{known} IS NOT NULL")
    name = "_".join(column for column in columns if column != "id")
    return sa.Index(f"ix_message_{name}", *columns, sqlite_where=where, postgresql_where=where)


class Direction(StrEnum):
    OUTGOING = "outgoing"
    INCOMING = "incoming"


class Origin(StrEnum):
    CAMPAIGN = "campaign"
    EVENT = "event"
    SEQUENCE = "sequence"
    MANUAL = "manual"
    TEST = "test"
    MAILBOX = "mailbox"


class Message(Identified, Model):
    """One delivery to one address.

    ``idempotency_key`` makes it unique per origin: ``campaign:<id>:<channel>:<normalised address>``
    (letters: the client), ``event:<change>:<channel>``, ``sequence:<enrolment>:<step>`` or a UUID.
    A campaign's bodies are rendered from the campaign's frozen content and ``merge_values``; incoming
    and hand-written messages store theirs. An incoming one's ``merge_values`` say what it did, see
    `services.mark_effect`. ``unit_price`` and ``cost`` are in 1/10000 PLN: what an SMS was
    charged, on the day ``charged_on`` (Europe/Warsaw); a refund makes the cost nought. ``is_ambiguous``: an
    answer that could belong to another open conversation as well. ``answers``: the e-mail this one answers;
    ``is_automatic``: an incoming e-mail that a machine wrote.
    """

    __tablename__ = "message"
    __table_args__ = (
        sa.CheckConstraint("(status = 'sending') = (claim_id IS NOT NULL)", name="sending_is_claimed"),
        sa.CheckConstraint("status <> 'sent' OR sent_at IS NOT NULL", name="sent_has_a_time"),
        sa.CheckConstraint("(direction = 'incoming') = (status = 'received')", name="incoming_is_received"),
        sa.CheckConstraint("status <> 'skipped' OR reason IS NOT NULL", name="skipped_has_a_reason"),
        sa.CheckConstraint("origin <> 'campaign' OR campaign_id IS NOT NULL", name="campaign_of_origin"),
        sa.CheckConstraint("(uid IS NULL) = (uidvalidity IS NULL)", name="uid_with_uidvalidity"),
        sa.CheckConstraint("parts IS NULL OR parts > 0", name="parts_positive"),
        sa.Index("ix_message_campaign_id_status", "campaign_id", "status"),
        sa.Index(
            "ix_message_queued",
            "account_id",
            "campaign_id",
            "id",
            sqlite_where=sa.text("status = 'queued'"),
            postgresql_where=sa.text("status = 'queued'"),
        ),
        sa.Index(
            "ix_message_queued_sms",
            "sms_account_id",
            "campaign_id",
            "id",
            sqlite_where=sa.text("status = 'queued' AND sms_account_id IS NOT NULL"),
            postgresql_where=sa.text("status = 'queued' AND sms_account_id IS NOT NULL"),
        ),
        _index_where("sent_at", "account_id", "sent_at"),
        sa.Index(
            "ix_message_sms_account_id_sent_at",
            "sms_account_id",
            "sent_at",
            sqlite_where=sa.text("sms_account_id IS NOT NULL AND sent_at IS NOT NULL"),
            postgresql_where=sa.text("sms_account_id IS NOT NULL AND sent_at IS NOT NULL"),
        ),
        _index_where("charged_on", "charged_on", "id"),
        _index_where("gateway_id", "gateway_id", "provider_reference"),
        sa.Index("ix_message_client_id", "client_id", "id"),
        _index_where("conversation_id", "conversation_id", "id"),
        sa.Index("ix_message_address_digest", "address_digest"),
        _index_where("rfc_message_id", "rfc_message_id"),
        _index_where("answers_id", "answers_id"),
        sa.Index(
            "uq_message_folder_uid",
            "folder_id",
            "uidvalidity",
            "uid",
            unique=True,
            sqlite_where=sa.text("folder_id IS NOT NULL"),
            postgresql_where=sa.text("folder_id IS NOT NULL"),
        ),
    )

    idempotency_key: Mapped[str] = mapped_column(sa.String(480), unique=True)
    channel: Mapped[Channel] = mapped_column(enum_type(Channel, "channel"))
    direction: Mapped[Direction] = mapped_column(
        enum_type(Direction, "direction"), default=Direction.OUTGOING
    )
    origin: Mapped[Origin] = mapped_column(enum_type(Origin, "origin"))
    status: Mapped[Status] = mapped_column(enum_type(Status, "status"), default=Status.QUEUED)
    delivery_state: Mapped[DeliveryState | None] = mapped_column(enum_type(DeliveryState, "delivery_state"))
    reason: Mapped[Reason | None] = mapped_column(enum_type(Reason, "reason"))
    campaign_id: Mapped[int | None] = mapped_column(sa.ForeignKey("campaign.id"))
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("mail_account.id"))
    sms_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sms_account.id"))
    gateway_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sms_gateway.id"))
    conversation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("conversation.id"))
    is_ambiguous: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    is_automatic: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    answers_id: Mapped[int | None] = mapped_column(sa.ForeignKey("message.id"))
    client_id: Mapped[int | None] = mapped_column(sa.ForeignKey("client.id"))
    contract_id: Mapped[int | None] = mapped_column(sa.ForeignKey("contract.id"))
    consent_event_id: Mapped[int | None] = mapped_column(sa.ForeignKey("consent_event.id"))
    address: Mapped[str] = mapped_column(sa.String(400), default="")
    address_digest: Mapped[str | None] = mapped_column(sa.String(64))
    recipient_name: Mapped[str] = mapped_column(sa.String(250), default="")
    merge_values: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    subject: Mapped[str | None] = mapped_column(sa.String(998))
    body_html: Mapped[str | None] = mapped_column(sa.Text)
    body_text: Mapped[str | None] = mapped_column(sa.Text)
    rfc_message_id: Mapped[str | None] = mapped_column(sa.String(400))
    folder_id: Mapped[int | None] = mapped_column(sa.ForeignKey("mail_folder.id"))
    uidvalidity: Mapped[int | None] = mapped_column(sa.BigInteger)
    uid: Mapped[int | None] = mapped_column(sa.BigInteger)
    created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))
    due_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))
    claim_id: Mapped[int | None] = mapped_column(sa.ForeignKey("delivery_claim.id"))
    failures: Mapped[int] = mapped_column(default=0)
    first_failed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    error_code: Mapped[str] = mapped_column(sa.String(40), default="")
    error_text: Mapped[str] = mapped_column(sa.String(600), default="")
    provider_reference: Mapped[str] = mapped_column(sa.String(200), default="")
    sender: Mapped[str] = mapped_column(sa.String(16), default="", server_default="")
    parts: Mapped[int | None]
    unit_price: Mapped[int | None] = mapped_column(sa.BigInteger)
    cost: Mapped[int | None] = mapped_column(sa.BigInteger)
    charged_on: Mapped[date | None]

    campaign: Mapped[Campaign | None] = relationship()
    account: Mapped[MailAccount | None] = relationship()
    sms_account: Mapped[SmsAccount | None] = relationship()
    gateway: Mapped[SmsGateway | None] = relationship()
    conversation: Mapped[Conversation | None] = relationship()
    client: Mapped[Client | None] = relationship()
    contract: Mapped[Contract | None] = relationship()
    consent_event: Mapped[ConsentEvent | None] = relationship()
    addresses: Mapped[list["MessageAddress"]] = relationship(
        back_populates="message", cascade="all, delete-orphan"
    )
    attempts: Mapped[list["DeliveryAttempt"]] = relationship(
        back_populates="message", order_by="DeliveryAttempt.id"
    )
    attachments: Mapped[list[Attachment]] = relationship(secondary=message_attachment)
    answers: Mapped["Message | None"] = relationship(remote_side="Message.id")

    def __str__(self) -> str:
        return f"#{self.id} {self.address}"


class AddressRole(StrEnum):
    FROM = "from"
    TO = "to"
    CC = "cc"
    BCC = "bcc"
    REPLY_TO = "reply_to"


class MessageAddress(Identified, Model):
    """Who an incoming or hand-written message was from and to."""

    __tablename__ = "message_address"
    __table_args__ = (
        sa.Index("ix_message_address_message_id", "message_id"),
        sa.Index("ix_message_address_address_digest", "address_digest"),
    )

    message_id: Mapped[int] = mapped_column(sa.ForeignKey("message.id", ondelete="CASCADE"))
    role: Mapped[AddressRole] = mapped_column(enum_type(AddressRole, "role"))
    name: Mapped[str] = mapped_column(sa.String(250), default="")
    address: Mapped[str] = mapped_column(sa.String(400))
    address_digest: Mapped[str] = mapped_column(sa.String(64))
    client_id: Mapped[int | None] = mapped_column(sa.ForeignKey("client.id"))

    message: Mapped[Message] = relationship(back_populates="addresses")


class AttemptOutcome(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"
    UNCERTAIN = "uncertain"


class DeliveryAttempt(Identified, Model):
    """One try at a message that needs a record of its own.

    Automatic retries keep the attempt and its ``uuid`` (the gateway's idempotency id); a person's
    "send again" opens a new one. An accepted first try is recorded on the message alone.
    """

    __tablename__ = "delivery_attempt"
    __table_args__ = (sa.Index("ix_delivery_attempt_message_id", "message_id", "id"),)

    message_id: Mapped[int] = mapped_column(sa.ForeignKey("message.id"))
    uuid: Mapped[str] = mapped_column(sa.String(36), unique=True)
    requested_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    gateway_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sms_gateway.id"))
    outcome: Mapped[AttemptOutcome | None] = mapped_column(enum_type(AttemptOutcome, "outcome"))
    reply_code: Mapped[str] = mapped_column(sa.String(40), default="")
    reply_text: Mapped[str] = mapped_column(sa.String(600), default="")

    message: Mapped[Message] = relationship(back_populates="attempts")


class DeliveryClaim(Identified, Model):
    """A worker's lease on a range of messages. Its id, never reused, is the token every write asks for.

    ``boot`` is the boot of the machine it was opened under: see `services.recover_claims`.
    """

    __tablename__ = "delivery_claim"
    __table_args__ = (
        sa.CheckConstraint("first_message_id <= last_message_id", name="range_in_order"),
        sa.Index(
            "ix_delivery_claim_open",
            "leased_until",
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        ),
        {"sqlite_autoincrement": True},
    )

    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("mail_account.id"))
    sms_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sms_account.id"))
    campaign_id: Mapped[int | None] = mapped_column(sa.ForeignKey("campaign.id"))
    first_message_id: Mapped[int] = mapped_column(sa.BigInteger)
    last_message_id: Mapped[int] = mapped_column(sa.BigInteger)
    worker: Mapped[str] = mapped_column(sa.String(120), default="")
    boot: Mapped[str] = mapped_column(sa.String(40), default="")
    opened_at: Mapped[datetime]
    leased_until: Mapped[datetime]
    closed_at: Mapped[datetime | None]


def held_by(claim_id: int) -> sa.ColumnElement[bool]:
    """The messages a claim still holds, found by its range: no index on the claim is kept up with each
    acknowledgement.
    """
    first, last = (
        sa.select(bound).where(DeliveryClaim.id == claim_id).scalar_subquery()
        for bound in (DeliveryClaim.first_message_id, DeliveryClaim.last_message_id)
    )
    return sa.and_(Message.id.between(first, last), Message.claim_id == claim_id)
