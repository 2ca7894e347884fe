"""Records of the service desk for tests; they add and flush, the test commits where it must."""

from datetime import date
from itertools import count

from sqlalchemy.orm import Session

from domain.events import RECORD_OF, EventKind, RecordKind
from domain.repairs import RepairState
from models.client import Client
from models.consent import ConsentPurpose
from models.payment_due import PaymentDue
from models.repair import CostOffer, Repair
from models.shipment import Shipment
from models.ticket import Ticket
from services.fire_event import Record
from tests import factories as make

NUMBER, ADDRESS = "+48600100200", "anna@poczta.example"
_numbers = count(1)


def make_told_client(session: Session) -> Client:
    """A client with an address, a number and the consent to data processing: every default rule tells her."""
    client = make.make_client(session, email=ADDRESS, vocative="Anno")
    make.give_phone(session, client, NUMBER)
    processing = make.make_definition(session, channel=None, purpose=ConsentPurpose.DATA_PROCESSING)
    make.grant(session, client, processing)
    return client


def make_repair(
    session: Session, client: Client, state: RepairState = RepairState.RECEIVED, device: str = "Laptop"
) -> Repair:
    """A repair in any state, however it came there."""
    number = f"N/2026/{next(_numbers)}"
    repair = Repair(number=number, client_id=client.id, device=device, state=state, state_since=make.LONG_AGO)
    session.add(repair)
    session.flush()
    return repair


def give_offer(
    session: Session, repair: Repair, amount: int = 1_234_500, expires_on: date | None = None
) -> CostOffer:
    """The open offer of a repair, 123.45 PLN unless told otherwise."""
    version = len(repair.offers) + 1
    offer = CostOffer(
        repair=repair, version=version, amount=amount, expires_on=expires_on, created_at=make.LONG_AGO
    )
    session.add(offer)
    session.flush()
    return offer


def record_for(session: Session, kind: EventKind, client: Client) -> Record:
    """A record that the event could be about."""
    if RECORD_OF[kind] is RecordKind.REPAIR:
        return make_repair(session, client)
    number = f"{next(_numbers)}/2026"
    records: dict[RecordKind, Record] = {
        RecordKind.TICKET: Ticket(number=number, client_id=client.id, subject="Reklamacja"),
        RecordKind.PAYMENT_DUE: PaymentDue(number=number, client_id=client.id, amount=500_000),
        RecordKind.SHIPMENT: Shipment(client_id=client.id, carrier="Kurier", tracking_number=number),
    }
    record = records[RECORD_OF[kind]]
    session.add(record)
    session.flush()
    return record
