"""Records that do not exist, for a notification shown before there is a real one."""

from collections.abc import Mapping

from domain.events import RecordKind

_REPAIR = {
    "repair.number": "N/2026/0042",
    "repair.device": "Laptop Dell Latitude 5440",
    "repair.description": "Nie włącza się po zalaniu",
    "repair.state": "awaiting_acceptance",
    "offer.version": "1",
    "offer.amount": "1 234,50 zł",
    "offer.description": "Wymiana płyty głównej",
    "offer.expires": "30.11.2026",
}
SAMPLES: Mapping[RecordKind, Mapping[str, str]] = {
    RecordKind.REPAIR: _REPAIR,
    RecordKind.TICKET: {
        "ticket.number": "Z/2026/0017",
        "ticket.subject": "Reklamacja po naprawie",
        "ticket.description": "Urządzenie nadal się wyłącza",
    },
    RecordKind.PAYMENT_DUE: {
        "payment.number": "P/2026/0008",
        "payment.title": "Naprawa N/2026/0042",
        "payment.amount": "1 234,50 zł",
        "payment.due": "30.11.2026",
        "payment.url": "https://platnosci.example/p/8",
        **_REPAIR,
    },
    RecordKind.SHIPMENT: {
        "shipment.carrier": "Kurier Polski",
        "shipment.number": "00359007738913296",
        "shipment.url": "https://kurier.example/00359007738913296",
        **_REPAIR,
    },
}
"""Dotted path to text, as `services.record_values` gives it."""
