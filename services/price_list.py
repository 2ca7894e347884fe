"""The price list: which price is in force for a number on a day, and no two at once."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.errors import DomainError
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


def price_in_force(session: Session, number: str, day: date) -> SmsPrice:
    """The price for an E.164 number on a day: of those in force the longest prefix. Raises NoPrice."""
    digits = number.removeprefix("+")
    prefixes = [digits[:length] for length in range(1, len(digits) + 1)]
    found = session.scalars(
        sa.select(SmsPrice)
        .where(
            SmsPrice.prefix.in_(prefixes),
            SmsPrice.valid_from <= day,
            sa.or_(SmsPrice.valid_until.is_(None), SmsPrice.valid_until >= day),
        )
        .order_by(sa.func.length(SmsPrice.prefix).desc())
        .limit(1)
    ).one_or_none()
    if found is None:
        raise NoPrice(number=number)
    return found
