"""Rows on their way into the database: collected, then inserted table by table with executemany."""

from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.base import Model
from models.client import Client, EmailAddress, Membership, PhoneNumber
from models.consent import ConsentEvent, ConsentEvidence, ConsentState
from models.investment import Contract, ContractParty

IN_ORDER: tuple[type[Model], ...] = (
    Client,
    Membership,
    EmailAddress,
    PhoneNumber,
    Contract,
    ContractParty,
    ConsentEvent,
    ConsentEvidence,
    ConsentState,
)
"""Every table after those it refers to."""
ENOUGH = 20_000


class Rows:
    """Rows by model. The caller gives the ids of what others refer to."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._waiting: dict[type[Model], list[dict[str, Any]]] = {model: [] for model in IN_ORDER}
        self._count = 0

    def add(self, model: type[Model], **values: Any) -> None:
        self._waiting[model].append(values)
        self._count += 1

    def write_when_many(self) -> None:
        """Keeps memory bounded; call between parties, when no row waits for one not yet added."""
        if self._count >= ENOUGH:
            self.write()

    def write(self) -> None:
        for model, rows in self._waiting.items():
            if rows:
                self._session.connection().execute(sa.insert(cast("sa.Table", model.__table__)), rows)
                rows.clear()
        self._count = 0


def settle(session: Session, *numbered: type[Model]) -> None:
    """Let PostgreSQL's sequences go on after ids that were given, and its planner know the new sizes."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for model in numbered:
        table = cast("sa.Table", model.__table__)
        sequence = sa.func.pg_get_serial_sequence(f'"{table.name}"', "id")
        session.execute(sa.select(sa.func.setval(sequence, sa.func.max(table.c.id))))
    for model in IN_ORDER:
        session.execute(sa.text(f"ANALYZE {model.__tablename__}"))
