"""Records of the service desk by a few typed characters, the newest first."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, scoped_session

from domain.events import RecordKind
from domain.names import fold
from models.client import Client
from models.payment_due import PaymentDue
from models.repair import Repair
from models.shipment import Shipment
from models.ticket import Ticket

_LOOKED_INTO: dict[RecordKind, tuple[Any, Any]] = {
    RecordKind.REPAIR: (Repair.number, Repair.device),
    RecordKind.TICKET: (Ticket.number, Ticket.subject),
    RecordKind.PAYMENT_DUE: (PaymentDue.number, PaymentDue.title),
    RecordKind.SHIPMENT: (Shipment.tracking_number, Shipment.carrier),
}


def find_desk_records(
    session: Session | scoped_session[Any], kind: RecordKind, words: str, *, limit: int
) -> list[tuple[int, str]]:
    """(id, ``number · device · client``) of the records that hold every word in one of these."""
    number, what = _LOOKED_INTO[kind]
    model = number.class_
    statement = sa.select(model.id, number, what, Client.name).join(Client, Client.id == model.client_id)
    for word in words.split():
        statement = statement.where(
            sa.or_(
                number.icontains(word, autoescape=True),
                what.icontains(word, autoescape=True),
                Client.search.contains(fold(word), autoescape=True),
            )
        )
    rows = session.execute(statement.order_by(model.id.desc()).limit(limit))
    return [(row[0], " · ".join(part for part in row[1:] if part)) for row in rows]
