"""Shipments on their way to clients."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Identified, Model, Timestamped
from models.client import Client
from models.repair import Repair


class Shipment(Identified, Timestamped, Model):
    __tablename__ = "shipment"
    __table_args__ = (
        sa.UniqueConstraint("carrier", "tracking_number"),
        sa.CheckConstraint("length(trim(carrier)) > 0", name="has_a_carrier"),
        sa.CheckConstraint("length(trim(tracking_number)) > 0", name="has_a_tracking_number"),
        sa.Index("ix_shipment_client_id", "client_id"),
        sa.Index("ix_shipment_repair_id", "repair_id"),
    )

    client_id: Mapped[int] = mapped_column(sa.ForeignKey("client.id"))
    repair_id: Mapped[int | None] = mapped_column(sa.ForeignKey("repair.id"))
    carrier: Mapped[str] = mapped_column(sa.String(80))
    tracking_number: Mapped[str] = mapped_column(sa.String(80))
    tracking_url: Mapped[str] = mapped_column(sa.String(500), default="")

    client: Mapped[Client] = relationship()
    repair: Mapped[Repair | None] = relationship()

    def __str__(self) -> str:
        return f"{self.carrier} {self.tracking_number}"
