"""The people a draft would reach: how many, and one of them by name."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.contract_types import ContractType
from domain.names import fold
from models.client import Client
from models.investment import Contract, ContractParty
from queries.audience import Audience, pairs


def distinct_clients(session: Session, investment_id: int, types: Sequence[ContractType]) -> int:
    """How many different clients stand behind an investment's contracts of these types."""
    counted = session.scalar(
        sa.select(sa.func.count(sa.distinct(ContractParty.client_id)))
        .join(Contract, Contract.id == ContractParty.contract_id)
        .join(Client, Client.id == ContractParty.client_id)
        .where(
            Contract.investment_id == investment_id,
            Contract.type.in_(list(types)),
            Client.merged_into_id.is_(None),
        )
    )
    return counted or 0


def find_in_audience(
    session: Session, audience: Audience, words: str, *, limit: int
) -> Sequence[tuple[int, str, str | None]]:
    """(client id, name, address) of the audience's clients whose name, NIP or city holds every word."""
    rows = pairs(audience).subquery("pairs")
    query = (
        sa.select(Client.id, Client.name, sa.func.min(rows.c.address))
        .join(rows, rows.c.client_id == Client.id)
        .group_by(Client.id, Client.name, Client.search)
        .order_by(Client.search, Client.id)
        .limit(limit)
    )
    for word in fold(words).split():
        query = query.where(Client.search.contains(word, autoescape=True))
    return session.execute(query).all()
