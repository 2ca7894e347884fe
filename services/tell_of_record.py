"""An event of a record, fired by an outside system or a command rather than by a change made here.

It tells of the change that brought the record where it stands: what contradicts that is refused, and a change
that a client was told of, from the panel or from anywhere, is not told of again by another key.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from domain.errors import DomainError
from domain.events import RECORD_OF, EventKind
from domain.tellable import ONCE, fits_repair, fits_ticket
from gateways.ejs import EjsRuntime
from models.notification import FiredEvent, Notification
from models.payment_due import PaymentDue, PaymentDueState
from models.repair import Repair
from models.ticket import Ticket
from services.fire_event import MODELS, Fired, Occurrence, Record, fire_event, ring_all
from services.hold_row import hold_row
from services.job_names import Enqueue
from services.move_repair import NoOpenOffer, open_offer


class NoSuchRecord(DomainError):
    """Parameters: ``kind`` (a RecordKind) and ``number``."""

    message = "There is no %(kind)s no. %(number)s."


class KeyUsedBefore(DomainError):
    message = "This key was used for another event."


class ContradictsRecord(DomainError):
    """Parameters: ``kind`` (a RecordKind), ``number`` and ``state``."""

    message = "The event does not fit: %(kind)s no. %(number)s is in the state “%(state)s”."


@dataclass(frozen=True, slots=True)
class Told:
    """``key`` makes it one: whoever asks with it again gets what was done the first time. ``digest`` is the
    SHA-256 of what was asked.
    """

    kind: EventKind
    record_id: int
    key: str
    digest: str = ""
    actor_id: int | None = None


def tell_of_record(
    session: Session, told: Told, *, runtime: EjsRuntime, now: datetime, enqueue: Enqueue
) -> Fired:
    """Fire the event by the same rules as any other; what was done before for this change where its client
    has been told of it. Commits, then rings.

    Raises NoSuchRecord, ContradictsRecord, NoOpenOffer when there is nothing to accept, and KeyUsedBefore.
    """
    known = _fired_by_key(session, told)
    if known is None:
        try:
            fired = _fire(session, told, runtime, now)
        except IntegrityError:
            session.rollback()
            known = _fired_by_key(session, told)
            if known is None:
                raise
        else:
            ring_all(fired.rings, enqueue)
            return fired
    if (known.kind, known.request_digest) != (told.kind, told.digest):
        raise KeyUsedBefore
    return Fired(known, is_new=False)


def _fire(session: Session, told: Told, runtime: EjsRuntime, now: datetime) -> Fired:
    record = _locked_record(session, told)
    offer = open_offer(session, record.id) if told.kind is EventKind.COST_ACCEPTANCE else None
    if told.kind is EventKind.COST_ACCEPTANCE and offer is None:
        raise NoOpenOffer
    _check_fits(told, record)
    what = Occurrence(told.kind, told.key, record, offer, actor_id=told.actor_id, request_digest=told.digest)
    if before := _told_of_change(session, what):
        session.rollback()
        return Fired(before, is_new=False)
    fired = fire_event(session, what, runtime=runtime, now=max(now, _since(what) or now))
    session.commit()
    return fired


def _fired_by_key(session: Session, told: Told) -> FiredEvent | None:
    """What the key fired, whatever has become of the record since."""
    return session.scalars(sa.select(FiredEvent).where(FiredEvent.change_key == told.key)).one_or_none()


def _locked_record(session: Session, told: Told) -> Record:
    """The record as it is now, nobody else's until the caller commits."""
    kind = RECORD_OF[told.kind]
    model: Any = MODELS[kind]
    hold_row(session, model.updated_at, told.record_id)
    record = cast("Record | None", session.get(model, told.record_id, populate_existing=True))
    if record is None:
        raise NoSuchRecord(kind=kind, number=told.record_id)
    return record


def _check_fits(told: Told, record: Record) -> None:
    if isinstance(record, Repair):
        fits = fits_repair(told.kind, record.state)
    elif isinstance(record, Ticket):
        fits = fits_ticket(told.kind, record.state)
    else:
        fits = not isinstance(record, PaymentDue) or record.state is PaymentDueState.DUE
    if not fits:
        state = getattr(record, "state", "")
        raise ContradictsRecord(kind=RECORD_OF[told.kind], number=told.record_id, state=state)


def _told_of_change(session: Session, what: Occurrence) -> FiredEvent | None:
    """The event by which the client was told of this very change, or by which a person kept them from it."""
    since, offer = _since(what), what.offer
    went_out = sa.exists().where(Notification.event_id == FiredEvent.id, Notification.message_id.is_not(None))
    return session.scalars(
        sa.select(FiredEvent)
        .where(
            FiredEvent.kind == what.kind,
            _of_record(what.record),
            *((FiredEvent.occurred_at >= since,) if since else ()),
            *((FiredEvent.offer_id == offer.id,) if offer else ()),
            sa.or_(FiredEvent.held_back, went_out),
        )
        .order_by(FiredEvent.id)
        .limit(1)
    ).one_or_none()


def _since(what: Occurrence) -> datetime | None:
    """When the record entered the state the event tells of; none for what happens once in its life."""
    if what.kind in ONCE:
        return None
    record = what.record
    if isinstance(record, Repair):
        return record.state_since
    return record.done_at if isinstance(record, Ticket) else None


def _of_record(record: Record) -> sa.ColumnElement[bool]:
    columns: dict[str, Any] = {
        "repair": FiredEvent.repair_id,
        "ticket": FiredEvent.ticket_id,
        "payment_due": FiredEvent.payment_due_id,
        "shipment": FiredEvent.shipment_id,
    }
    return cast("sa.ColumnElement[bool]", columns[record.__tablename__] == record.id)
