"""What an investment's card shows beside the investment."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, scoped_session, selectinload

from models.investment import Contract, ContractParty, ContractType

AnySession = Session | scoped_session[Any]


def contract_counts(session: AnySession, investment_id: int) -> dict[ContractType, int]:
    """How many contracts of each type; a type without any is left out."""
    rows = session.execute(
        sa.select(Contract.type, sa.func.count())
        .where(Contract.investment_id == investment_id)
        .group_by(Contract.type)
    )
    return dict(rows.all())


def latest_contracts(session: AnySession, investment_id: int, limit: int = 15) -> list[Contract]:
    statement = (
        sa.select(Contract)
        .where(Contract.investment_id == investment_id)
        .options(selectinload(Contract.parties).options(joinedload(ContractParty.client)))
        .order_by(Contract.signed_on.desc().nulls_last(), Contract.id.desc())
        .limit(limit)
    )
    return list(session.scalars(statement))
