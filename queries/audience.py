"""Who a campaign is for: (client, contract) pairs with the reason that keeps a client out, if any."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from domain.channel import Channel, Purpose
from domain.contract_types import ContractType
from models.campaign import Campaign, CampaignClient, CampaignKind
from models.client import Client, EmailAddress, PhoneNumber
from models.investment import Contract, ContractParty
from queries.email_eligibility import email_reason_column, with_email_facts
from queries.marketing_grant import marketing_grant
from queries.sms_eligibility import sms_reason_column, with_sms_facts


@dataclass(frozen=True, slots=True)
class AudienceOfInvestment:
    """The parties of an investment's contracts of the given types."""

    investment_id: int
    contract_types: Sequence[ContractType]
    purpose: Purpose = Purpose.MARKETING
    only_clients: Sequence[int] = field(default=())
    channel: Channel = Channel.EMAIL


@dataclass(frozen=True, slots=True)
class AudienceOfSelection:
    """The clients ticked, or matching a filter, in the clients list."""

    campaign_id: int
    purpose: Purpose = Purpose.MARKETING
    only_clients: Sequence[int] = field(default=())
    channel: Channel = Channel.EMAIL


Audience = AudienceOfInvestment | AudienceOfSelection


@dataclass(frozen=True, slots=True)
class _Contact:
    """Where a channel's messages go, and what keeps them from going there."""

    join: Callable[[sa.FromClause], sa.FromClause]
    reason: Callable[[Purpose], sa.ColumnElement[str | None]]
    address: sa.ColumnElement[str]
    normalised: sa.ColumnElement[str]
    address_digest: sa.ColumnElement[str]


_CONTACTS = {
    Channel.EMAIL: _Contact(
        with_email_facts,
        email_reason_column,
        sa.type_coerce(EmailAddress.address, sa.String),
        sa.type_coerce(EmailAddress.normalised, sa.String),
        sa.type_coerce(EmailAddress.address_digest, sa.String),
    ),
    Channel.SMS: _Contact(
        with_sms_facts,
        sms_reason_column,
        sa.case((PhoneNumber.is_polish_mobile, PhoneNumber.normalised), else_=PhoneNumber.number),
        sa.type_coerce(PhoneNumber.normalised, sa.String),
        sa.type_coerce(PhoneNumber.address_digest, sa.String),
    ),
}


def audience_of(campaign: Campaign) -> Audience:
    """The audience a campaign's draft describes."""
    if campaign.kind == CampaignKind.INVESTMENT and campaign.investment_id is not None:
        types = [ContractType(name) for name in campaign.contract_types]
        return AudienceOfInvestment(campaign.investment_id, types, campaign.purpose, channel=campaign.channel)
    return AudienceOfSelection(campaign.id, campaign.purpose, channel=campaign.channel)


def pairs(audience: Audience) -> sa.Select[Any]:
    """A row per (client, contract), unordered; merged clients are left out.

    Columns: client_id, contract_id (NULL for a selection), address, normalised, address_digest,
    consent_event_id (the marketing consent relied on), reason (NULL when the client may be written to).
    """
    clients, contract_id = _clients(audience)
    contact = _CONTACTS[audience.channel]
    wanted: list[sa.ColumnElement[bool]] = [Client.merged_into_id.is_(None)]
    if audience.only_clients:
        wanted.append(Client.id.in_(audience.only_clients))
    columns: list[sa.ColumnElement[Any]] = [
        Client.id.label("client_id"),
        contract_id.label("contract_id"),
        contact.address.label("address"),
        contact.normalised.label("normalised"),
        contact.address_digest.label("address_digest"),
        marketing_grant(Client.id, audience.channel).label("consent_event_id"),
        contact.reason(audience.purpose).label("reason"),
    ]
    return sa.select(*columns).select_from(contact.join(clients)).where(*_belonging(audience), *wanted)


def one_per_address(rows: sa.FromClause) -> sa.Subquery:
    """Of the eligible ``rows`` of `pairs` one for each address: the lowest client id, then contract id."""
    place = sa.func.row_number().over(
        partition_by=rows.c.normalised, order_by=(rows.c.client_id, rows.c.contract_id)
    )
    ranked = sa.select(rows, place.label("place")).where(rows.c.reason.is_(None)).subquery("ranked")
    return sa.select(ranked).where(ranked.c.place == 1).subquery("chosen")


def pairs_once(audience: Audience) -> sa.CTE:
    """`pairs` as a table computed before anything around it.

    Left to itself, SQLite starts from all clients to satisfy an outer ORDER BY client_id, and tries each
    contract with each of them.
    """
    return pairs(audience).cte("pairs", nesting=True).prefix_with("MATERIALIZED")


def _clients(audience: Audience) -> tuple[sa.FromClause, sa.ColumnElement[int | None]]:
    if isinstance(audience, AudienceOfInvestment):
        source = sa.join(Contract, ContractParty, ContractParty.contract_id == Contract.id).join(
            Client, Client.id == ContractParty.client_id
        )
        return source, sa.cast(Contract.id, sa.BigInteger)
    chosen = sa.join(CampaignClient, Client, Client.id == CampaignClient.client_id)
    return chosen, sa.cast(sa.null(), sa.BigInteger)


def _belonging(audience: Audience) -> list[sa.ColumnElement[bool]]:
    if isinstance(audience, AudienceOfInvestment):
        return [
            Contract.investment_id == audience.investment_id,
            Contract.type.in_(list(audience.contract_types)),
        ]
    return [CampaignClient.campaign_id == audience.campaign_id]
