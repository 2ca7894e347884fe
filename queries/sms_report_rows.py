"""The charged texts behind the report's sums, in pages and whole."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.delivery import DeliveryState, Status
from models.client import Client
from models.message import Message
from queries.counted_as import counted_as
from queries.sms_report import ReportFilter, charged_messages

ROWS_AT_A_TIME = 500


class Place(NamedTuple):
    """Where a page ended: its last message."""

    day: date
    message_id: int


@dataclass(frozen=True, slots=True)
class ChargedText:
    """``unit_price`` of a part and ``cost`` in 1/10000 PLN; ``charged_on`` a day in Warsaw. ``counted_as``:
    see `queries.counted_as`.
    """

    id: int
    charged_on: date
    sent_at: datetime | None
    client_id: int | None
    client: str | None
    number: str
    sender: str
    campaign_id: int | None
    counted_as: str
    status: Status
    delivery_state: DeliveryState | None
    parts: int
    unit_price: int
    cost: int

    @property
    def place(self) -> Place:
        return Place(self.charged_on, self.id)


def page_of_texts(
    session: Session, wanted: ReportFilter, *, limit: int, after: Place | None = None
) -> list[ChargedText]:
    """The next ``limit`` texts, newest first: as fast at the end of ten million as at the beginning."""
    if after is None:
        query = _listed(wanted)
    else:  # the day as the period's end: SQLite seeks to that, and only walks past the pairs
        query = _listed(replace(wanted, last=min(wanted.last, after.day))).where(
            sa.tuple_(Message.charged_on, Message.id) < sa.tuple_(after.day, after.message_id)
        )
    return [ChargedText(*row) for row in session.execute(query.limit(limit))]


def every_text(session: Session, wanted: ReportFilter) -> Iterator[ChargedText]:
    """All of them, newest first, read from the database in pieces."""
    rows = session.execute(_listed(wanted).execution_options(yield_per=ROWS_AT_A_TIME))
    for row in rows:
        yield ChargedText(*row)


def _listed(wanted: ReportFilter) -> sa.Select[Any]:
    columns: tuple[Any, ...] = (
        Message.id,
        Message.charged_on,
        Message.sent_at,
        Message.client_id,
        sa.func.coalesce(Client.name, Message.recipient_name),
        Message.address,
        Message.sender,
        Message.campaign_id,
        counted_as(),
        Message.status,
        Message.delivery_state,
        Message.parts,
        Message.unit_price,
        Message.cost,
    )
    query = (
        sa.select(*columns)
        .select_from(Message)
        .outerjoin(Client, Client.id == Message.client_id)
        .order_by(Message.charged_on.desc(), Message.id.desc())
    )
    return charged_messages(query, wanted)
