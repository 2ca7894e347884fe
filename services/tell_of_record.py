"""An event of a record, fired by an outside system or a command rather than by a change made here."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from domain.errors import DomainError
from domain.events import RECORD_OF, EventKind
from gateways.ejs import EjsRuntime
from models.notification import FiredEvent
from services.fire_event import MODELS, Fired, Occurrence, Record, fire_event, ring_all
from services.job_names import Enqueue
from services.move_repair import NoOpenOffer, open_offer


class NoSuchRecord(DomainError):
    """Parameters: ``kind`` (a RecordKind) and ``number``."""

    message = "There is no %(kind)s no. %(number)s."


class KeyUsedBefore(DomainError):
    message = "This key was used for another event."


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
    """Fire the event by the same rules as any other. Commits, then rings.

    Raises NoSuchRecord, NoOpenOffer when there is nothing to accept, and KeyUsedBefore.
    """
    fired = _told_before(session, told)
    try:
        if fired is None:
            fired = fire_event(session, _occurrence(session, told), runtime=runtime, now=now)
            session.commit()
    except IntegrityError:
        session.rollback()
        fired = _told_before(session, told)
        if fired is None:
            raise
    event = fired.event
    if not fired.is_new and (event.kind, event.request_digest) != (told.kind, told.digest):
        raise KeyUsedBefore
    ring_all(fired.rings, enqueue)
    return fired


def _told_before(session: Session, told: Told) -> Fired | None:
    """What the key fired, whatever has become of the record since."""
    known = session.scalars(sa.select(FiredEvent).where(FiredEvent.change_key == told.key)).one_or_none()
    return None if known is None else Fired(known, is_new=False)


def _occurrence(session: Session, told: Told) -> Occurrence:
    kind = RECORD_OF[told.kind]
    record = cast("Record | None", session.get(MODELS[kind], told.record_id))
    if record is None:
        raise NoSuchRecord(kind=kind, number=told.record_id)
    offer = open_offer(session, record.id) if told.kind is EventKind.COST_ACCEPTANCE else None
    if told.kind is EventKind.COST_ACCEPTANCE and offer is None:
        raise NoOpenOffer
    return Occurrence(told.kind, told.key, record, offer, actor_id=told.actor_id, request_digest=told.digest)
