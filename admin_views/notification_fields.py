"""The fields that the text of a notification may use: those of its record, of the client and of us."""

from typing import Any

from flask_babel import lazy_gettext as _

from domain.events import RECORD_OF, EventKind, RecordKind

_REPAIR: dict[str, Any] = {
    "repair.number": _("Repair: number"),
    "repair.device": _("Repair: device"),
    "repair.description": _("Repair: what is wrong with it"),
}
_OFFER: dict[str, Any] = {
    "offer.amount": _("Offer: amount"),
    "offer.description": _("Offer: what it covers"),
    "offer.expires": _("Offer: good until"),
    "offer.version": _("Offer: version"),
}
_RECORDS: dict[RecordKind, dict[str, Any]] = {
    RecordKind.REPAIR: _REPAIR,
    RecordKind.TICKET: {
        "ticket.number": _("Ticket: number"),
        "ticket.subject": _("Ticket: what it is about"),
        "ticket.description": _("Ticket: description"),
    },
    RecordKind.PAYMENT_DUE: {
        "payment.number": _("Payment: number"),
        "payment.title": _("Payment: what it is for"),
        "payment.amount": _("Payment: amount"),
        "payment.due": _("Payment: to be paid by"),
        "payment.url": _("Payment: address"),
        **_REPAIR,
    },
    RecordKind.SHIPMENT: {
        "shipment.carrier": _("Shipment: carrier"),
        "shipment.number": _("Shipment: tracking number"),
        "shipment.url": _("Shipment: tracking page"),
        **_REPAIR,
    },
}
_CLIENT: dict[str, Any] = {
    "client.name": _("Client: full name"),
    "client.first_name": _("Client: first name"),
    "client.vocative": _("Client: salutation (vocative)"),
    "company.name": _("Our company's name"),
}


def fields_of(event: EventKind) -> list[dict[str, str]]:
    """What the editor's menu of fields offers, as EJS that prints the field."""
    offer = _OFFER if event is EventKind.COST_ACCEPTANCE else {}
    offered = {**_RECORDS[RECORD_OF[event]], **offer, **_CLIENT}
    return [{"tag": f"<%= {path} %>", "label": str(name)} for path, name in offered.items()]
