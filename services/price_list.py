"""The price list: which price is in force for a number on a day, and no two at once."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.errors import DomainError
from domain.tariff import Tariff
from models.price_list import SmsPrice


class OverlappingPrices(DomainError):
    """Parameters: ``other``, ``prefix``."""

    message = "“%(other)s” is already in force for +%(prefix)s in that time. End it first."


class NoPrice(DomainError):
    """Parameter: ``number``."""

    message = "The price list has no price in force for %(number)s."


def check_no_overlap(session: Session, price: SmsPrice) -> None:
    """Raise OverlappingPrices when another price for the same prefix is in force on one of its days."""
    conditions = [
        SmsPrice.prefix == price.prefix,
        sa.or_(SmsPrice.valid_until.is_(None), SmsPrice.valid_until >= price.valid_from),
    ]
    if price.valid_until is not None:
        conditions.append(SmsPrice.valid_from <= price.valid_until)
    if price.id is not None:
        conditions.append(SmsPrice.id != price.id)
    with session.no_autoflush:
        other = session.scalars(sa.select(SmsPrice).where(*conditions).limit(1)).one_or_none()
    if other is not None:
        raise OverlappingPrices(other=other.name, prefix=price.prefix)


def tariff_on(session: Session, day: date) -> Tariff:
    """The prices in force on a day."""
    rows = session.execute(
        sa.select(SmsPrice.prefix, SmsPrice.gross_per_part).where(
            SmsPrice.valid_from <= day,
            sa.or_(SmsPrice.valid_until.is_(None), SmsPrice.valid_until >= day),
        )
    )
    return Tariff(dict(rows.all()))


def price_in_force(tariff: Tariff, number: str) -> int:
    """What a part costs for an E.164 number, in 1/10000 PLN. Raises NoPrice."""
    price = tariff.price_of(number)
    if price is None:
        raise NoPrice(number=number)
    return price
