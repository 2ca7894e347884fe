"""What the cards of the service desk show beside the record: each answer is one query, or a few."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, scoped_session, selectinload

from models.notification import FiredEvent, Notification
from models.payment_due import PaymentDue
from models.repair import CostOffer, Repair, RepairChange
from models.shipment import Shipment
from models.ticket import Ticket
from models.user import User

AnySession = Session | scoped_session[Any]
SHOWN_OF_EACH = 5


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry of a timeline; ``kind`` names which of a record's histories ``what`` comes from:
    ``change``, ``offer``, ``decision`` or ``event``.
    """

    moment: datetime
    kind: str
    what: Any
    by: str = ""


def repair_timeline(session: AnySession, repair_id: int) -> list[Happening]:
    """Steps, offers, decisions and events of a repair, its payments' and shipments' too; the newest first."""
    changes = session.scalars(sa.select(RepairChange).where(RepairChange.repair_id == repair_id)).all()
    offers = session.scalars(sa.select(CostOffer).where(CostOffer.repair_id == repair_id)).all()
    people = _names(session, [*(each.actor_id for each in changes), *_people(offers)])
    told = [Happening(each.changed_at, "change", each, people.get(each.actor_id, "")) for each in changes]
    told += [Happening(each.created_at, "offer", each, people.get(each.created_by_id, "")) for each in offers]
    told += [
        Happening(each.decided_at, "decision", each, people.get(each.decided_by_id, ""))
        for each in offers
        if each.decided_at is not None
    ]
    return _newest_first([*told, *_events(session, FiredEvent.repair_id == repair_id)])


def events_of(session: AnySession, column: Any, record_id: int) -> list[Happening]:
    """The events of another record; ``column`` is that of `FiredEvent` that names it."""
    return _newest_first(_events(session, column == record_id))


@dataclass(frozen=True, slots=True)
class Some:
    """The newest few of ``count`` records."""

    records: list[Any]
    count: int


def of_client(session: AnySession, client_id: int) -> dict[str, Some]:
    """A client's repairs, tickets, payments and shipments, by their table's name."""
    return {
        model.__tablename__: _some(session, model, model.client_id == client_id)
        for model in (Repair, Ticket, PaymentDue, Shipment)
    }


def of_repair(session: AnySession, repair_id: int) -> dict[str, Some]:
    """The payments and shipments of a repair."""
    return {
        model.__tablename__: _some(session, model, model.repair_id == repair_id)
        for model in (PaymentDue, Shipment)
    }


def _some(session: AnySession, model: Any, condition: Any) -> Some:
    newest = sa.select(model).where(condition).order_by(model.id.desc()).limit(SHOWN_OF_EACH)
    count = session.scalar(sa.select(sa.func.count(model.id)).where(condition)) or 0
    return Some(list(session.scalars(newest)), count)


def _events(session: AnySession, condition: Any) -> list[Happening]:
    events = session.scalars(
        sa.select(FiredEvent)
        .where(condition)
        .options(
            selectinload(FiredEvent.notifications).joinedload(Notification.message),
            joinedload(FiredEvent.actor),
        )
    )
    return [Happening(each.occurred_at, "event", each, str(each.actor or "")) for each in events]


def _newest_first(told: Iterable[Happening]) -> list[Happening]:
    # Of one moment, what caused the event stands under it.
    return sorted(told, key=lambda each: (each.moment, each.kind == "event", each.what.id), reverse=True)


def _people(offers: Iterable[CostOffer]) -> list[int | None]:
    return [person for each in offers for person in (each.created_by_id, each.decided_by_id)]


def _names(session: AnySession, ids: Iterable[int | None]) -> dict[int | None, str]:
    shown = sa.func.coalesce(sa.func.nullif(User.name, ""), User.email)
    wanted = {number for number in ids if number is not None}
    rows = session.execute(sa.select(User.id, shown).where(User.id.in_(wanted)))
    return {row.id: row[1] for row in rows}
