"""Consent: versioned wordings, an append-only record of what was said, and the state it amounts to."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.channel import Channel
from models.base import Identified, Model, Timestamped, enum_type
from models.client import Client
from models.user import User


class ConsentPurpose(StrEnum):
    MARKETING = "marketing"
    DATA_PROCESSING = "data_processing"
    OTHER = "other"


class ConsentAction(StrEnum):
    GRANTED = "granted"
    WITHDRAWN = "withdrawn"


class ConsentMethod(StrEnum):
    """How a person expressed it."""

    FORM = "form"
    PAPER = "paper"
    PHONE = "phone"
    EMAIL = "email"
    SMS = "sms"
    LINK = "link"
    IMPORT = "import"


class ConsentDefinition(Identified, Timestamped, Model):
    """A consent a client may give; ``channel`` is none for the processing of personal data.

    ``minimum_version`` is the oldest wording whose grants still count. ``confirm_by_email``: given on
    the page of consents, it counts only once confirmed from the e-mail address (double opt-in).
    """

    __tablename__ = "consent_definition"
    __table_args__ = (
        sa.CheckConstraint("purpose <> 'marketing' OR channel IS NOT NULL", name="marketing_has_a_channel"),
        sa.CheckConstraint("minimum_version >= 1", name="minimum_version_positive"),
    )

    name: Mapped[str] = mapped_column(sa.String(160), unique=True)
    channel: Mapped[Channel | None] = mapped_column(enum_type(Channel, "channel"))
    purpose: Mapped[ConsentPurpose] = mapped_column(enum_type(ConsentPurpose, "purpose"))
    minimum_version: Mapped[int] = mapped_column(default=1)
    is_active: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)
    confirm_by_email: Mapped[bool] = mapped_column(default=False, server_default=sa.false())

    wordings: Mapped[list["ConsentWording"]] = relationship(
        back_populates="definition", order_by="ConsentWording.version"
    )

    def __str__(self) -> str:
        return self.name

    @property
    def current_wording(self) -> "ConsentWording":
        return self.wordings[-1]


class ConsentWording(Identified, Model):
    """One exact text of a definition. Append-only: a grant is proven by the text it was given under."""

    __tablename__ = "consent_wording"
    __table_args__ = (
        sa.UniqueConstraint("definition_id", "version"),
        sa.CheckConstraint("version >= 1", name="version_positive"),
        sa.CheckConstraint("length(trim(text)) > 0", name="not_blank"),
    )

    definition_id: Mapped[int] = mapped_column(sa.ForeignKey("consent_definition.id"))
    version: Mapped[int]
    text: Mapped[str] = mapped_column(sa.Text)
    invalidates_previous: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))

    definition: Mapped[ConsentDefinition] = relationship(back_populates="wordings")


class ConsentEvent(Identified, Model):
    """Append-only: the database refuses to change or delete it."""

    __tablename__ = "consent_event"
    __table_args__ = (
        sa.Index("ix_consent_event_client_id_definition_id", "client_id", "definition_id", "id"),
        sa.Index("ix_consent_event_definition_id", "definition_id"),
    )

    client_id: Mapped[int] = mapped_column(sa.ForeignKey("client.id"))
    definition_id: Mapped[int] = mapped_column(sa.ForeignKey("consent_definition.id"))
    wording_id: Mapped[int] = mapped_column(sa.ForeignKey("consent_wording.id"))
    action: Mapped[ConsentAction] = mapped_column(enum_type(ConsentAction, "action"))
    method: Mapped[ConsentMethod] = mapped_column(enum_type(ConsentMethod, "method"))
    source: Mapped[str] = mapped_column(sa.String(300), default="")
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]

    client: Mapped[Client] = relationship()
    definition: Mapped[ConsentDefinition] = relationship()
    wording: Mapped[ConsentWording] = relationship()
    actor: Mapped[User | None] = relationship()
    evidence: Mapped["ConsentEvidence | None"] = relationship(back_populates="event")


class ConsentEvidence(Model):
    """Personal data behind a consent event, apart from it so that it can be erased."""

    __tablename__ = "consent_evidence"

    event_id: Mapped[int] = mapped_column(sa.ForeignKey("consent_event.id"), primary_key=True)
    ip_address: Mapped[str] = mapped_column(sa.String(64), default="")
    user_agent: Mapped[str] = mapped_column(sa.String(400), default="")

    event: Mapped[ConsentEvent] = relationship(back_populates="evidence")


class ConsentState(Model):
    """What a client's events amount to today; written in the transaction that appends the event."""

    __tablename__ = "consent_state"
    __table_args__ = (sa.Index("ix_consent_state_definition_id", "definition_id"),)

    client_id: Mapped[int] = mapped_column(sa.ForeignKey("client.id"), primary_key=True)
    definition_id: Mapped[int] = mapped_column(sa.ForeignKey("consent_definition.id"), primary_key=True)
    granted: Mapped[bool]
    wording_version: Mapped[int]
    event_id: Mapped[int] = mapped_column(sa.ForeignKey("consent_event.id"))

    client: Mapped[Client] = relationship()
    definition: Mapped[ConsentDefinition] = relationship()
    event: Mapped[ConsentEvent] = relationship()
