"""The ten events clients are told of, and by which channels (manual 001_f98235051ea960ea.txt)."""

from enum import StrEnum

from domain.channel import Channel


class EventKind(StrEnum):
    """In the manual's order."""

    REPAIR_RECEIVED = "repair_received"
    REPAIR_DELIVERED = "repair_delivered"
    COST_ACCEPTANCE = "cost_acceptance"
    AWAITING_PARTS = "awaiting_parts"
    REPAIR_READY = "repair_ready"
    REPAIR_CLOSED = "repair_closed"
    TICKET_RECEIVED = "ticket_received"
    TICKET_DONE = "ticket_done"
    PAYMENT_DUE = "payment_due"
    SHIPMENT_CREATED = "shipment_created"


class RecordKind(StrEnum):
    """What an event is about."""

    REPAIR = "repair"
    TICKET = "ticket"
    PAYMENT_DUE = "payment_due"
    SHIPMENT = "shipment"


RECORD_OF: dict[EventKind, RecordKind] = {
    EventKind.REPAIR_RECEIVED: RecordKind.REPAIR,
    EventKind.REPAIR_DELIVERED: RecordKind.REPAIR,
    EventKind.COST_ACCEPTANCE: RecordKind.REPAIR,
    EventKind.AWAITING_PARTS: RecordKind.REPAIR,
    EventKind.REPAIR_READY: RecordKind.REPAIR,
    EventKind.REPAIR_CLOSED: RecordKind.REPAIR,
    EventKind.TICKET_RECEIVED: RecordKind.TICKET,
    EventKind.TICKET_DONE: RecordKind.TICKET,
    EventKind.PAYMENT_DUE: RecordKind.PAYMENT_DUE,
    EventKind.SHIPMENT_CREATED: RecordKind.SHIPMENT,
}

CHANNELS = (Channel.EMAIL, Channel.SMS)
PAIRS: tuple[tuple[EventKind, Channel], ...] = tuple(
    (event, channel)
    for event in EventKind
    for channel in CHANNELS
    if (event, channel) != (EventKind.SHIPMENT_CREATED, Channel.SMS)
)
"""The 19 pairs that exist: of a shipment one is told by e-mail only."""

SMS_OFF_BY_DEFAULT = frozenset({EventKind.REPAIR_RECEIVED, EventKind.AWAITING_PARTS, EventKind.REPAIR_CLOSED})
