"""A notification as one client would get it of one record, before anything is saved."""

from typing import cast

from sqlalchemy.orm import Session

from domain.channel import Channel, Purpose
from domain.correspondence import SAMPLE_VALUES
from domain.events import RECORD_OF, EventKind, RecordKind
from domain.notification_samples import SAMPLES
from models.client import Client
from models.repair import Repair
from queries.one_client import one_client
from services.company_name import COMPANY_NAME, company_name
from services.fire_event import MODELS, Record
from services.preview_text import ANY_POLISH, Reader
from services.record_values import values_of


def reader_of_record(session: Session, event: EventKind, channel: Channel, record_id: int | None) -> Reader:
    """The record's client with the record's values; without a record, both are samples.

    Of a repair the newest offer is shown, whatever became of it, and a sample where there is none.
    """
    kind = RECORD_OF[event]
    name = company_name(session)
    company = {COMPANY_NAME: name} if name else {}
    record = cast("Record | None", session.get(MODELS[kind], record_id)) if record_id else None
    if record is None:
        return Reader({**SAMPLE_VALUES, **company, **SAMPLES[kind]})
    client = one_client(session, _survivor(session, record.client_id), channel, Purpose.SERVICE)
    about = client.values if client else SAMPLE_VALUES
    number = client.address if client and channel is Channel.SMS and client.address else ANY_POLISH
    return Reader({**about, **company, **_values(record)}, number)


def _values(record: Record) -> dict[str, str]:
    offer = record.offers[-1] if isinstance(record, Repair) and record.offers else None
    values = values_of(record, offer)
    if isinstance(record, Repair) and offer is None:
        sample = SAMPLES[RecordKind.REPAIR]
        return {path: sample[path] if path.startswith("offer.") else text for path, text in values.items()}
    return values


def _survivor(session: Session, client_id: int) -> int:
    client = session.get(Client, client_id)
    return client.merged_into_id or client_id if client else client_id
