"""Campaigns: a draft on the server, then a frozen audience and a frozen template."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.channel import Channel, Purpose
from domain.delivery import CampaignStatus
from domain.eligibility import Reason
from models.attachment import Attachment
from models.base import Identified, Model, Timestamped, db, enum_type
from models.client import Client
from models.investment import Contract, Investment
from models.mail_account import MailAccount
from models.message_template import MessageTemplate
from models.user import User

campaign_attachment = sa.Table(
    "campaign_attachment",
    db.metadata,
    sa.Column("campaign_id", sa.ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("attachment_id", sa.ForeignKey("attachment.id"), primary_key=True),
)


class CampaignKind(StrEnum):
    INVESTMENT = "investment"
    CLIENTS = "clients"
    MAIL_MERGE = "mail_merge"


class Campaign(Identified, Timestamped, Model):
    """One bulk send. What is typed lives here from the first key stroke; approving it freezes it.

    ``frozen_content`` is the template as it will be rendered for everybody, ``frozen_values`` what
    all recipients share; from then on neither today's template nor today's client matters.
    """

    __tablename__ = "campaign"
    __table_args__ = (
        sa.CheckConstraint(
            "status IN ('draft', 'cancelled') OR (approved_at IS NOT NULL AND frozen_content IS NOT NULL)",
            name="approved_before_sending",
        ),
        sa.CheckConstraint("kind <> 'investment' OR investment_id IS NOT NULL", name="has_an_investment"),
        sa.CheckConstraint("batch_size IS NULL OR batch_size > 0", name="batch_size_positive"),
        sa.CheckConstraint("batch_interval_seconds >= 0", name="batch_interval_not_negative"),
        sa.CheckConstraint("stop_after_errors >= 0", name="stop_after_errors_not_negative"),
        sa.Index("ix_campaign_status", "status"),
        sa.Index("ix_campaign_investment_id", "investment_id"),
    )

    kind: Mapped[CampaignKind] = mapped_column(enum_type(CampaignKind, "kind"))
    channel: Mapped[Channel] = mapped_column(enum_type(Channel, "channel"), default=Channel.EMAIL)
    purpose: Mapped[Purpose] = mapped_column(enum_type(Purpose, "purpose"), default=Purpose.MARKETING)
    status: Mapped[CampaignStatus] = mapped_column(
        enum_type(CampaignStatus, "status"), default=CampaignStatus.DRAFT
    )
    investment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("investment.id"))
    template_id: Mapped[int | None] = mapped_column(sa.ForeignKey("message_template.id", ondelete="SET NULL"))
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("mail_account.id"))
    sms_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sms_account.id"))
    contract_types: Mapped[list[str]] = mapped_column(default=list)
    subject: Mapped[str] = mapped_column(sa.String(400), default="")
    body: Mapped[str] = mapped_column(sa.Text, default="")
    variables: Mapped[dict[str, Any]] = mapped_column(default=dict)
    skip_errors: Mapped[bool] = mapped_column(default=False)
    strip_letters: Mapped[bool | None]
    starts_at: Mapped[datetime | None]
    batch_size: Mapped[int | None]
    batch_interval_seconds: Mapped[int] = mapped_column(default=0)
    stop_after_errors: Mapped[int] = mapped_column(default=0)
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    approved_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    approved_at: Mapped[datetime | None]
    frozen_content: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    frozen_values: Mapped[dict[str, Any]] = mapped_column(default=dict)
    account_failures: Mapped[int] = mapped_column(default=0)
    pause_reason: Mapped[str] = mapped_column(sa.String(600), default="")
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    investment: Mapped[Investment | None] = relationship()
    template: Mapped[MessageTemplate | None] = relationship()
    account: Mapped[MailAccount | None] = relationship()
    created_by: Mapped[User | None] = relationship(foreign_keys=[created_by_id])
    approved_by: Mapped[User | None] = relationship(foreign_keys=[approved_by_id])
    attachments: Mapped[list[Attachment]] = relationship(
        secondary=campaign_attachment, order_by=Attachment.id
    )

    def __str__(self) -> str:
        return self.subject or f"#{self.id}"


class CampaignClient(Model):
    """The stored selection of a draft started from the clients list."""

    __tablename__ = "campaign_client"
    __table_args__ = (sa.Index("ix_campaign_client_client_id", "client_id"),)

    campaign_id: Mapped[int] = mapped_column(
        sa.ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True
    )
    client_id: Mapped[int] = mapped_column(sa.ForeignKey("client.id"), primary_key=True)


def _listed_once(name: str, where: str, *columns: str) -> sa.Index:
    """A client stands once in a list, or once for each contract: a plain UNIQUE would let NULLs repeat."""
    condition = sa.text(f"{where} AND contact_person_id IS NULL")
    return sa.Index(
        f"uq_campaign_recipient_{name}_once",
        "campaign_id",
        "channel",
        "client_id",
        *columns,
        unique=True,
        sqlite_where=condition,
        postgresql_where=condition,
    )


class CampaignRecipient(Identified, Model):
    """One (client, contract) of the frozen audience: either behind a message or skipped for a reason."""

    __tablename__ = "campaign_recipient"
    __table_args__ = (
        sa.CheckConstraint(
            "(reason IS NULL) = (message_id IS NOT NULL)", name="either_a_message_or_a_reason"
        ),
        sa.UniqueConstraint(
            "campaign_id", "channel", "client_id", "contract_id", "contact_person_id", "address"
        ),
        _listed_once("contract", "contract_id IS NOT NULL", "contract_id"),
        _listed_once("client", "contract_id IS NULL"),
        sa.Index("ix_campaign_recipient_message_id", "message_id"),
        sa.Index("ix_campaign_recipient_client_id", "client_id"),
        sa.Index("ix_campaign_recipient_campaign_id_reason", "campaign_id", "reason"),
    )

    campaign_id: Mapped[int] = mapped_column(sa.ForeignKey("campaign.id"))
    channel: Mapped[Channel] = mapped_column(enum_type(Channel, "channel"))
    client_id: Mapped[int | None] = mapped_column(sa.ForeignKey("client.id"))
    contract_id: Mapped[int | None] = mapped_column(sa.ForeignKey("contract.id"))
    contact_person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("client.id"))
    address: Mapped[str | None] = mapped_column(sa.String(400))
    reason: Mapped[Reason | None] = mapped_column(enum_type(Reason, "reason"))
    message_id: Mapped[int | None] = mapped_column(sa.ForeignKey("message.id"))

    campaign: Mapped[Campaign] = relationship()
    client: Mapped[Client | None] = relationship(foreign_keys=[client_id])
    contact_person: Mapped[Client | None] = relationship(foreign_keys=[contact_person_id])
    contract: Mapped[Contract | None] = relationship()
