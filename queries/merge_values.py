"""The values a recipient's message is rendered with, as one JSON object built by the database."""

from typing import Any

import sqlalchemy as sa

from domain.contract_types import POLISH_TITLES
from models.client import Client, EmailAddress
from models.investment import Contract, Investment
from models.user import User
from queries.sql_functions import json_of, polish_date

CLIENT_COLUMNS: dict[str, Any] = {
    "client.name": Client.name,
    "client.first_name": Client.first_name,
    "client.last_name": Client.last_name,
    "client.company_name": Client.company_name,
    "client.kind": Client.kind,
    "client.city": Client.city,
    "client.vocative": Client.vocative,
    "client.email": EmailAddress.address,
    "account_manager.name": User.name,
}
CONTRACT_COLUMNS: dict[str, Any] = {
    "contract.number": Contract.number,
    "contract.type": sa.case(
        {kind.value: title for kind, title in POLISH_TITLES.items()}, value=sa.cast(Contract.type, sa.String)
    ),
    "contract.date": polish_date(Contract.signed_on),
    "contract.unit": Contract.unit,
    "investment.name": Investment.name,
    "investment.city": Investment.city,
}


def merge_values_column(*, with_contract: bool) -> sa.ColumnElement[Any]:
    """A flat JSON object: dotted path to text, an empty text where nothing is recorded."""
    columns = CLIENT_COLUMNS | (CONTRACT_COLUMNS if with_contract else {})
    parts: list[Any] = []
    for path, column in columns.items():
        parts += [sa.literal_column(f"'{path}'"), sa.func.coalesce(sa.cast(column, sa.String), "")]
    return json_of(*parts)


def record_paths(*, with_contract: bool) -> frozenset[str]:
    """The dotted paths a template of this campaign may read from records."""
    return frozenset(CLIENT_COLUMNS | (CONTRACT_COLUMNS if with_contract else {}))


def with_records(rows: sa.FromClause, *, with_contract: bool) -> sa.FromClause:
    """``rows`` (client_id, contract_id) joined with the records `merge_values_column` reads."""
    source = (
        sa.join(rows, Client, Client.id == rows.c.client_id)
        .outerjoin(EmailAddress, sa.and_(EmailAddress.client_id == Client.id, EmailAddress.is_primary))
        .outerjoin(User, User.id == Client.account_manager_id)
    )
    if not with_contract:
        return source
    return source.join(Contract, Contract.id == rows.c.contract_id).join(
        Investment, Investment.id == Contract.investment_id
    )
