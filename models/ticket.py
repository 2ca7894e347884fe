"""Tickets: what a client asked the service desk for."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.tickets import TicketState
from models.base import Identified, Model, Timestamped, enum_type
from models.client import Client


class Ticket(Identified, Timestamped, Model):
    """``state`` changes through `services.finish_ticket` alone."""

    __tablename__ = "ticket"
    __table_args__ = (
        sa.CheckConstraint("length(trim(number)) > 0", name="has_a_number"),
        sa.CheckConstraint("length(trim(subject)) > 0", name="has_a_subject"),
        sa.CheckConstraint("(state = 'done') = (done_at IS NOT NULL)", name="done_has_a_time"),
        sa.Index("ix_ticket_client_id", "client_id"),
        sa.Index("ix_ticket_state", "state", "id"),
    )

    number: Mapped[str] = mapped_column(sa.String(40), unique=True)
    client_id: Mapped[int] = mapped_column(sa.ForeignKey("client.id"))
    subject: Mapped[str] = mapped_column(sa.String(200))
    description: Mapped[str] = mapped_column(sa.Text, default="")
    state: Mapped[TicketState] = mapped_column(enum_type(TicketState, "state"), default=TicketState.OPEN)
    done_at: Mapped[datetime | None]

    client: Mapped[Client] = relationship()

    def __str__(self) -> str:
        return self.number
