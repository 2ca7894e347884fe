"""Samples have the values that real records have."""

from datetime import UTC, date, datetime

import pytest

from domain.events import RecordKind
from domain.notification_samples import SAMPLES
from domain.repairs import RepairState
from models.payment_due import PaymentDue
from models.repair import CostOffer, Repair
from models.shipment import Shipment
from models.ticket import Ticket
from services.fire_event import Record
from services.record_values import values_of

REPAIR = Repair(
    number="N/1", device="Laptop", description="", state=RepairState.RECEIVED, state_since=datetime.now(UTC)
)
RECORDS: dict[RecordKind, Record] = {
    RecordKind.REPAIR: REPAIR,
    RecordKind.TICKET: Ticket(number="Z/1", subject="x", description=""),
    RecordKind.PAYMENT_DUE: PaymentDue(number="P/1", amount=1, title="", pay_url="", due_on=date(2026, 1, 1)),
    RecordKind.SHIPMENT: Shipment(carrier="x", tracking_number="1", tracking_url=""),
}


@pytest.mark.parametrize("kind", RecordKind)
def test_a_sample_has_the_fields_of_its_record_and_no_others(kind: RecordKind) -> None:
    offer = CostOffer(version=1, amount=1, description="", expires_on=None)
    assert set(SAMPLES[kind]) == set(values_of(RECORDS[kind], offer))
    assert all(SAMPLES[kind].values())
