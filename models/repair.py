"""Repairs: what a client sent in to be mended, how far it has come, and what it was offered to cost."""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.repairs import RepairState
from models.base import Identified, Model, Timestamped, enum_type
from models.client import Client
from models.user import User


class Repair(Identified, Timestamped, Model):
    """``state`` changes through `services.move_repair` alone; ``changes`` keep every step."""

    __tablename__ = "repair"
    __table_args__ = (
        sa.CheckConstraint("length(trim(number)) > 0", name="has_a_number"),
        sa.CheckConstraint("length(trim(device)) > 0", name="has_a_device"),
        sa.Index("ix_repair_client_id", "client_id"),
        sa.Index("ix_repair_state", "state", "id"),
    )

    number: Mapped[str] = mapped_column(sa.String(40), unique=True)
    client_id: Mapped[int] = mapped_column(sa.ForeignKey("client.id"))
    device: Mapped[str] = mapped_column(sa.String(200))
    description: Mapped[str] = mapped_column(sa.Text, default="")
    state: Mapped[RepairState] = mapped_column(enum_type(RepairState, "state"))
    state_since: Mapped[datetime]

    client: Mapped[Client] = relationship()
    changes: Mapped[list["RepairChange"]] = relationship(back_populates="repair", order_by="RepairChange.id")
    offers: Mapped[list["CostOffer"]] = relationship(back_populates="repair", order_by="CostOffer.version")

    def __str__(self) -> str:
        return self.number


class ChangeSource(StrEnum):
    """Who moved it: somebody in the panel, an outside system, a command, or the client by an answer."""

    PANEL = "panel"
    API = "api"
    COMMAND = "command"
    ANSWER = "answer"


class RepairChange(Identified, Model):
    """Append-only: the database refuses to change or delete it. ``message_id``: the answer that
    caused it.
    """

    __tablename__ = "repair_change"
    __table_args__ = (
        sa.CheckConstraint("(source = 'answer') = (message_id IS NOT NULL)", name="answer_is_a_message"),
        sa.Index("ix_repair_change_repair_id", "repair_id", "id"),
    )

    repair_id: Mapped[int] = mapped_column(sa.ForeignKey("repair.id"))
    from_state: Mapped[RepairState | None] = mapped_column(enum_type(RepairState, "from_state"))
    to_state: Mapped[RepairState] = mapped_column(enum_type(RepairState, "to_state"))
    source: Mapped[ChangeSource] = mapped_column(enum_type(ChangeSource, "source"))
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    message_id: Mapped[int | None] = mapped_column(sa.ForeignKey("message.id"))
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    changed_at: Mapped[datetime]

    repair: Mapped[Repair] = relationship(back_populates="changes")
    actor: Mapped[User | None] = relationship()


class OfferState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    REPLACED = "replaced"


class CostOffer(Identified, Model):
    """One version of what a repair would cost: ``amount`` gross in 1/10000 PLN, good until the end of
    ``expires_on`` (Europe/Warsaw). A client's answer decides one version, never the repair at large.
    """

    __tablename__ = "cost_offer"
    __table_args__ = (
        sa.UniqueConstraint("repair_id", "version"),
        sa.CheckConstraint("version >= 1", name="version_positive"),
        sa.CheckConstraint("amount > 0", name="amount_positive"),
        sa.CheckConstraint("(state IN ('accepted', 'rejected')) = (decided_at IS NOT NULL)", name="decided"),
        sa.CheckConstraint("decided_by_id IS NULL OR decided_by_message_id IS NULL", name="decided_by_one"),
        sa.Index(
            "uq_cost_offer_open",
            "repair_id",
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        ),
    )

    repair_id: Mapped[int] = mapped_column(sa.ForeignKey("repair.id"))
    version: Mapped[int]
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    description: Mapped[str] = mapped_column(sa.String(500), default="")
    expires_on: Mapped[date | None]
    state: Mapped[OfferState] = mapped_column(enum_type(OfferState, "state"), default=OfferState.OPEN)
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    decided_by_message_id: Mapped[int | None] = mapped_column(sa.ForeignKey("message.id"))

    repair: Mapped[Repair] = relationship(back_populates="offers")
