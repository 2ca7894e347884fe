"""Clients who may all be written to, by the statement and not by the object."""

from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Channel
from models.base import Model
from models.client import Client, EmailAddress
from models.consent import (
    ConsentAction,
    ConsentDefinition,
    ConsentEvent,
    ConsentMethod,
    ConsentPurpose,
    ConsentState,
    ConsentWording,
)
from models.contact_checks import email_columns
from models.setting import SUPPRESSION_KEY, secret_of


def address_of(number: int) -> str:
    """The address of the number-th client."""
    return f"klient{number:05d}@poczta.example"


def write_clients(session: Session, count: int, *, now: datetime, first: int = 1) -> list[int]:
    """Clients who may all be written to, a statement per table; their ids in order. Commits."""
    key = secret_of(session.connection(), SUPPRESSION_KEY)
    start = (session.scalar(sa.select(sa.func.max(Client.id))) or 0) + 1
    ids = list(range(start, start + count))
    numbers = range(first, first + count)
    times = {"created_at": now, "updated_at": now}
    insert_rows(
        session,
        Client,
        [
            {"id": i, "first_name": f"Klient {n}", "name": f"Klient {n}", **times}
            for i, n in zip(ids, numbers, strict=True)
        ],
    )
    insert_rows(
        session,
        EmailAddress,
        [
            {
                "client_id": i,
                "address": address_of(n),
                "is_primary": True,
                **email_columns(address_of(n), key),
            }
            for i, n in zip(ids, numbers, strict=True)
        ],
    )
    grant_marketing(session, ids, Channel.EMAIL, now)
    session.commit()
    return ids


def grant_marketing(session: Session, clients: list[int], channel: Channel, now: datetime) -> None:
    """The clients' consent to marketing by the channel, a statement per table."""
    definition_id, wording_id = _marketing_definition(session, channel, now)
    event = (session.scalar(sa.select(sa.func.max(ConsentEvent.id))) or 0) + 1
    consent = {"definition_id": definition_id, "wording_id": wording_id}
    said = {
        "action": ConsentAction.GRANTED,
        "method": ConsentMethod.FORM,
        "occurred_at": now,
        "recorded_at": now,
    }
    insert_rows(session, ConsentEvent, [{"client_id": i, **consent, **said} for i in clients])
    stands = {"definition_id": definition_id, "granted": True, "wording_version": 1}
    insert_rows(
        session,
        ConsentState,
        [{"client_id": i, "event_id": event + place, **stands} for place, i in enumerate(clients)],
    )


def insert_rows(session: Session, model: type[Model], rows: list[dict[str, Any]]) -> None:
    """Rows past the ORM, in one statement."""
    session.connection().execute(sa.insert(cast("sa.Table", model.__table__)), rows)


def _marketing_definition(session: Session, channel: Channel, now: datetime) -> tuple[int, int]:
    known = sa.select(ConsentWording).join(ConsentDefinition).where(ConsentDefinition.channel == channel)
    wording = session.scalar(known)
    if wording is None:
        definition = ConsentDefinition(name=channel.value, channel=channel, purpose=ConsentPurpose.MARKETING)
        wording = ConsentWording(version=1, text="Zgadzam się.", created_at=now, definition=definition)
        session.add(wording)
        session.flush()
    return wording.definition_id, wording.id
