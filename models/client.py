"""Clients: people and companies, their contact persons and addresses."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Mapped, Mapper, mapped_column, relationship

from domain.names import fold
from models.base import Identified, Model, Timestamped, enum_type
from models.user import User


class ClientKind(StrEnum):
    PERSON = "person"
    COMPANY = "company"


class Client(Identified, Timestamped, Model):
    """A person or a company; a contact person is a Client too (see Membership)."""

    __tablename__ = "client"
    __table_args__ = (
        sa.CheckConstraint("length(trim(name)) > 0", name="has_a_name"),
        sa.CheckConstraint("nip IS NULL OR (kind = 'company' AND length(nip) = 10)", name="nip_of_company"),
        sa.CheckConstraint("merged_into_id IS NULL OR merged_into_id <> id", name="not_merged_into_itself"),
        sa.Index("ix_client_search", "search"),
        sa.Index("ix_client_nip", "nip"),
        sa.Index("ix_client_merged_into_id", "merged_into_id"),
        sa.Index("ix_client_account_manager_id", "account_manager_id"),
    )

    kind: Mapped[ClientKind] = mapped_column(enum_type(ClientKind, "kind"), default=ClientKind.PERSON)
    first_name: Mapped[str] = mapped_column(sa.String(120), default="")
    last_name: Mapped[str] = mapped_column(sa.String(120), default="")
    company_name: Mapped[str] = mapped_column(sa.String(240), default="")
    name: Mapped[str] = mapped_column(sa.String(250))
    search: Mapped[str] = mapped_column(sa.String(300), default="")
    nip: Mapped[str | None] = mapped_column(sa.String(10))
    vocative: Mapped[str] = mapped_column(sa.String(120), default="")
    street: Mapped[str] = mapped_column(sa.String(200), default="")
    postal_code: Mapped[str] = mapped_column(sa.String(12), default="")
    city: Mapped[str] = mapped_column(sa.String(120), default="")
    country: Mapped[str] = mapped_column(sa.String(2), default="PL")
    allow_email: Mapped[bool] = mapped_column(default=True)
    allow_sms: Mapped[bool] = mapped_column(default=True)
    notes: Mapped[str] = mapped_column(sa.Text, default="")
    account_manager_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    merged_into_id: Mapped[int | None] = mapped_column(sa.ForeignKey("client.id"))
    erased_at: Mapped[datetime | None]

    account_manager: Mapped[User | None] = relationship()
    merged_into: Mapped["Client | None"] = relationship(remote_side="Client.id")
    email_addresses: Mapped[list["EmailAddress"]] = relationship(
        back_populates="client", cascade="all, delete-orphan", order_by="EmailAddress.id"
    )
    phone_numbers: Mapped[list["PhoneNumber"]] = relationship(
        back_populates="client", cascade="all, delete-orphan", order_by="PhoneNumber.id"
    )
    contact_persons: Mapped[list["Membership"]] = relationship(
        back_populates="company", foreign_keys="Membership.company_id", cascade="all, delete-orphan"
    )
    companies: Mapped[list["Membership"]] = relationship(
        back_populates="person", foreign_keys="Membership.person_id", cascade="all, delete-orphan"
    )

    def __str__(self) -> str:
        return self.name

    @property
    def primary_email(self) -> "EmailAddress | None":
        return next((address for address in self.email_addresses if address.is_primary), None)

    @property
    def primary_phone(self) -> "PhoneNumber | None":
        return next((number for number in self.phone_numbers if number.is_primary), None)


@event.listens_for(Client, "before_insert")
@event.listens_for(Client, "before_update")
def _name_client(_mapper: Mapper[Client], _connection: sa.Connection, client: Client) -> None:
    if client.kind == ClientKind.COMPANY:
        client.name = (client.company_name or "").strip()
    else:
        client.name = f"{client.first_name or ''} {client.last_name or ''}".strip()
    client.search = fold(f"{client.name} {client.nip or ''} {client.city or ''}")[:300]


class Membership(Identified, Model):
    """A person's place in a company; one contact person may be the company's default."""

    __tablename__ = "membership"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "person_id"),
        sa.CheckConstraint("company_id <> person_id", name="not_its_own_member"),
        sa.Index(
            "uq_membership_default",
            "company_id",
            unique=True,
            sqlite_where=sa.text("is_default"),
            postgresql_where=sa.text("is_default"),
        ),
        sa.Index("ix_membership_person_id", "person_id"),
    )

    company_id: Mapped[int] = mapped_column(sa.ForeignKey("client.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("client.id", ondelete="CASCADE"))
    is_default: Mapped[bool] = mapped_column(default=False)
    role: Mapped[str] = mapped_column(sa.String(120), default="")

    company: Mapped[Client] = relationship(back_populates="contact_persons", foreign_keys=[company_id])
    person: Mapped[Client] = relationship(back_populates="companies", foreign_keys=[person_id])

    def __str__(self) -> str:
        return f"{self.person} ({self.role})" if self.role else str(self.person)


class EmailAddress(Identified, Model):
    """A client's address. ``models.contact_checks`` fills the derived columns when it is saved."""

    __tablename__ = "email_address"
    __table_args__ = (
        sa.UniqueConstraint("client_id", "address"),
        sa.CheckConstraint("length(trim(address)) > 0", name="not_blank"),
        sa.Index(
            "uq_email_address_primary",
            "client_id",
            unique=True,
            sqlite_where=sa.text("is_primary"),
            postgresql_where=sa.text("is_primary"),
        ),
        sa.Index("ix_email_address_normalised", "normalised"),
        sa.Index("ix_email_address_address_digest", "address_digest"),
    )

    client_id: Mapped[int] = mapped_column(sa.ForeignKey("client.id", ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(sa.String(320))
    label: Mapped[str] = mapped_column(sa.String(60), default="")
    is_primary: Mapped[bool] = mapped_column(default=False)
    normalised: Mapped[str] = mapped_column(sa.String(400))
    address_digest: Mapped[str] = mapped_column(sa.String(64))
    is_valid: Mapped[bool]

    client: Mapped[Client] = relationship(back_populates="email_addresses")

    def __str__(self) -> str:
        return self.address


class PhoneKind(StrEnum):
    MOBILE = "mobile"
    LANDLINE = "landline"
    FAX = "fax"


class PhoneNumber(Identified, Model):
    """A client's number. ``models.contact_checks`` fills the derived columns when it is saved."""

    __tablename__ = "phone_number"
    __table_args__ = (
        sa.UniqueConstraint("client_id", "number", "kind"),
        sa.CheckConstraint("length(trim(number)) > 0", name="not_blank"),
        sa.Index(
            "uq_phone_number_primary",
            "client_id",
            unique=True,
            sqlite_where=sa.text("is_primary"),
            postgresql_where=sa.text("is_primary"),
        ),
        sa.Index("ix_phone_number_normalised", "normalised"),
        sa.Index("ix_phone_number_address_digest", "address_digest"),
    )

    client_id: Mapped[int] = mapped_column(sa.ForeignKey("client.id", ondelete="CASCADE"))
    number: Mapped[str] = mapped_column(sa.String(40))
    kind: Mapped[PhoneKind] = mapped_column(enum_type(PhoneKind, "kind"), default=PhoneKind.MOBILE)
    label: Mapped[str] = mapped_column(sa.String(60), default="")
    is_primary: Mapped[bool] = mapped_column(default=False)
    normalised: Mapped[str] = mapped_column(sa.String(40))
    address_digest: Mapped[str] = mapped_column(sa.String(64))
    is_valid: Mapped[bool]
    is_polish_mobile: Mapped[bool]

    client: Mapped[Client] = relationship(back_populates="phone_numbers")

    def __str__(self) -> str:
        return self.number
