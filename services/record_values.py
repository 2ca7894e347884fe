"""What the templates of notifications may say of a record: dotted path to text."""

from datetime import date

from domain.correspondence import amount_in_letters
from models.payment_due import PaymentDue
from models.repair import CostOffer, Repair
from models.shipment import Shipment
from models.ticket import Ticket


def values_of(
    record: Repair | Ticket | PaymentDue | Shipment, offer: CostOffer | None = None
) -> dict[str, str]:
    """What there is to say of any record; ``offer`` is the one that a repair's event is about."""
    if isinstance(record, Repair):
        return repair_values(record, offer)
    if isinstance(record, Ticket):
        return ticket_values(record)
    return payment_values(record) if isinstance(record, PaymentDue) else shipment_values(record)


def repair_values(repair: Repair | None, offer: CostOffer | None = None) -> dict[str, str]:
    """``repair.*`` and ``offer.*``; empty texts where there is none."""
    return {
        "repair.number": repair.number if repair else "",
        "repair.device": repair.device if repair else "",
        "repair.description": repair.description if repair else "",
        "repair.state": repair.state.value if repair else "",
        "offer.version": str(offer.version) if offer else "",
        "offer.amount": amount_in_letters(offer.amount) if offer else "",
        "offer.description": offer.description if offer else "",
        "offer.expires": _day(offer.expires_on) if offer else "",
    }


def ticket_values(ticket: Ticket) -> dict[str, str]:
    """``ticket.*``."""
    return {
        "ticket.number": ticket.number,
        "ticket.subject": ticket.subject,
        "ticket.description": ticket.description,
    }


def payment_values(payment: PaymentDue) -> dict[str, str]:
    """``payment.*``, and what repair it is for."""
    return {
        "payment.number": payment.number,
        "payment.title": payment.title,
        "payment.amount": amount_in_letters(payment.amount),
        "payment.due": _day(payment.due_on),
        "payment.url": payment.pay_url,
        **repair_values(payment.repair),
    }


def shipment_values(shipment: Shipment) -> dict[str, str]:
    """``shipment.*``, and what repair it is for."""
    return {
        "shipment.carrier": shipment.carrier,
        "shipment.number": shipment.tracking_number,
        "shipment.url": shipment.tracking_url,
        **repair_values(shipment.repair),
    }


def _day(day: date | None) -> str:
    return f"{day:%d.%m.%Y}" if day else ""
