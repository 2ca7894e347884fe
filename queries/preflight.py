"""The pre-flight report: how many would get it, who would not, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.contract_types import ContractType
from domain.eligibility import REASONS, Reason
from models.base import enum_type
from models.client import Client, ClientKind
from models.investment import Contract, ContractParty
from queries.audience import Audience, pairs, pairs_once


@dataclass(frozen=True, slots=True)
class PreflightReport:
    """``recipients``: distinct addresses; ``errors``: (client, contract) pairs under their first reason;
    ``skipped_clients``: distinct clients with an error."""

    recipients: int
    errors: dict[Reason, int]
    skipped_clients: int

    @property
    def is_clean(self) -> bool:
        return not any(self.errors.values())


@dataclass(frozen=True, slots=True)
class FailingPair:
    """One row of the drill-down; the contract is None for a selection of clients."""

    client_id: int
    name: str
    kind: ClientKind
    contract_id: int | None
    contract_type: ContractType | None
    contract_number: str | None
    reason: Reason
    address: str | None


def preflight(session: Session, audience: Audience) -> PreflightReport:
    """Count the audience in one pass over it."""
    rows = pairs(audience).cte("pairs")
    counted = session.execute(
        sa.select(
            rows.c.reason,
            sa.func.count(),
            sa.func.count(sa.distinct(rows.c.normalised)),
            sa.func.count(sa.distinct(rows.c.client_id)),
        ).group_by(rows.c.reason)
    ).all()
    errors = dict.fromkeys(REASONS[audience.channel], 0)
    recipients = skipped = 0
    for reason, pair_count, addresses, clients in counted:
        if reason is None:
            recipients = addresses
        else:
            errors[Reason(reason)] = pair_count
            skipped += clients
    return PreflightReport(recipients=recipients, errors=errors, skipped_clients=skipped)


def failing_pairs(
    session: Session,
    audience: Audience,
    *,
    reason: Reason | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> Sequence[FailingPair]:
    """The pairs with an error, in the order of reasons, then by contract and client."""
    rows = pairs_once(audience)
    order = sa.case({kind.value: place for place, kind in enumerate(Reason)}, value=rows.c.reason)
    query = (
        sa.select(
            Client.id,
            Client.name,
            Client.kind,
            Contract.id,
            Contract.type,
            Contract.number,
            sa.cast(rows.c.reason, enum_type(Reason, "reason")),
            rows.c.address,
        )
        .select_from(rows)
        .join(Client, Client.id == rows.c.client_id)
        .outerjoin(Contract, Contract.id == rows.c.contract_id)
        .where(rows.c.reason == reason.value if reason else rows.c.reason.is_not(None))
        .order_by(order, Contract.id, Client.id)
        .limit(limit)
        .offset(offset)
    )
    return [FailingPair(*row) for row in session.execute(query)]


def clients_by_contract_type(session: Session, investment_id: int) -> dict[ContractType, int]:
    """How many distinct clients stand behind each type of contract of an investment."""
    rows = session.execute(
        sa.select(Contract.type, sa.func.count(sa.distinct(ContractParty.client_id)))
        .join(ContractParty, ContractParty.contract_id == Contract.id)
        .join(Client, sa.and_(Client.id == ContractParty.client_id, Client.merged_into_id.is_(None)))
        .where(Contract.investment_id == investment_id)
        .group_by(Contract.type)
    )
    counts = dict.fromkeys(ContractType, 0)
    counts.update(dict(rows.all()))
    return counts
