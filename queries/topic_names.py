"""The records that conversations are about, by the topics `services.topics` gives them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, scoped_session

from models.payment_due import PaymentDue
from models.repair import Repair
from models.shipment import Shipment
from models.ticket import Ticket

_NUMBERS: dict[str, Any] = {
    "repair": Repair.number,
    "ticket": Ticket.number,
    "payment_due": PaymentDue.number,
    "shipment": Shipment.tracking_number,
}


@dataclass(frozen=True, slots=True)
class TopicName:
    """``kind``: repair, ticket, payment_due or shipment; ``number``: what people call the record by."""

    kind: str
    record_id: int
    number: str


def topic_names(session: Session | scoped_session[Any], topics: Iterable[str | None]) -> dict[str, TopicName]:
    """The record of each topic that is about one."""
    wanted: dict[str, list[int]] = {}
    for topic in topics:
        kind, _colon, number = (topic or "").partition(":")
        if kind in _NUMBERS and number.isdecimal():
            wanted.setdefault(kind, []).append(int(number))
    found: dict[str, TopicName] = {}
    for kind, ids in wanted.items():
        column = _NUMBERS[kind]
        for record_id, number in session.execute(
            sa.select(column.class_.id, column).where(column.class_.id.in_(ids))
        ):
            found[f"{kind}:{record_id}"] = TopicName(kind, record_id, number)
    return found
