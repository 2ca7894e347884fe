"""Investments and the contracts that tie clients to them."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.contract_types import ContractType
from models.base import Identified, Model, Timestamped, enum_type
from models.client import Client

__all__ = ["Contract", "ContractParty", "ContractType", "Investment"]


class Investment(Identified, Timestamped, Model):
    __tablename__ = "investment"
    __table_args__ = (sa.CheckConstraint("length(trim(name)) > 0", name="not_blank"),)

    name: Mapped[str] = mapped_column(sa.String(200), unique=True)
    street: Mapped[str] = mapped_column(sa.String(200), default="")
    city: Mapped[str] = mapped_column(sa.String(120), default="")
    description: Mapped[str] = mapped_column(sa.Text, default="")
    is_active: Mapped[bool] = mapped_column(default=True)

    contracts: Mapped[list["Contract"]] = relationship(back_populates="investment")

    def __str__(self) -> str:
        return self.name


class Contract(Identified, Timestamped, Model):
    __tablename__ = "contract"
    __table_args__ = (
        sa.UniqueConstraint("investment_id", "type", "number"),
        sa.CheckConstraint("length(trim(number)) > 0", name="has_a_number"),
    )

    investment_id: Mapped[int] = mapped_column(sa.ForeignKey("investment.id"))
    type: Mapped[ContractType] = mapped_column(enum_type(ContractType, "type"))
    number: Mapped[str] = mapped_column(sa.String(60))
    unit: Mapped[str] = mapped_column(sa.String(60), default="")
    signed_on: Mapped[date | None] = mapped_column(sa.Date)

    investment: Mapped[Investment] = relationship(back_populates="contracts")
    parties: Mapped[list["ContractParty"]] = relationship(
        back_populates="contract", cascade="all, delete-orphan"
    )

    def __str__(self) -> str:
        return self.number


class ContractParty(Model):
    """A client who signed the contract."""

    __tablename__ = "contract_party"
    __table_args__ = (sa.Index("ix_contract_party_client_id", "client_id"),)

    contract_id: Mapped[int] = mapped_column(
        sa.ForeignKey("contract.id", ondelete="CASCADE"), primary_key=True
    )
    client_id: Mapped[int] = mapped_column(sa.ForeignKey("client.id"), primary_key=True)

    contract: Mapped[Contract] = relationship(back_populates="parties")
    client: Mapped[Client] = relationship()
