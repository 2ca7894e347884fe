"""The price list: which price is in force for a number on a day, and no two at once."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.errors import DomainError
from domain.tariff import Tariff
from models.price_list import SmsPrice
from models.sessions import rows_changed
from services.mobile_operators import operator_of


class OverlappingPrices(DomainError):
    """Parameter: ``other``."""

    message = "“%(other)s” is already in force for the same numbers in that time. End it first."


class PrefixAndOperator(DomainError):
    message = "A price is for a prefix or for an operator, not for both."


class NoPrice(DomainError):
    """Parameter: ``number``."""

    message = "The price list has no price in force for %(number)s."


def check_price(session: Session, price: SmsPrice) -> None:
    """Raise PrefixAndOperator, and OverlappingPrices when another price for the same prefix or operator is in
    force on one of its days. Nobody else writes to the price list until the caller commits.
    """
    if price.prefix and price.operator:
        raise PrefixAndOperator
    conditions = [
        SmsPrice.prefix == (price.prefix or ""),  # a default is not there before it is stored
        SmsPrice.operator == (price.operator or ""),
        sa.or_(SmsPrice.valid_until.is_(None), SmsPrice.valid_until >= price.valid_from),
    ]
    if price.valid_until is not None:
        conditions.append(SmsPrice.valid_from <= price.valid_until)
    if price.id is not None:
        conditions.append(SmsPrice.id != price.id)
    with session.no_autoflush:
        _hold_price_list(session)
        other = session.scalars(sa.select(SmsPrice).where(*conditions).limit(1)).one_or_none()
    if other is not None:
        raise OverlappingPrices(other=other.name)


def _hold_price_list(session: Session) -> None:
    """Wait for whoever is changing a price: two that overlap could not see one another otherwise."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("LOCK TABLE sms_price IN SHARE ROW EXCLUSIVE MODE"))
    else:  # an UPDATE of nothing makes this the database's only writer
        rows_changed(session, sa.update(SmsPrice).where(sa.false()).values(name=SmsPrice.name))


def tariff_on(session: Session, day: date) -> Tariff:
    """The prices in force on a day."""
    rows = session.execute(
        sa.select(SmsPrice.prefix, SmsPrice.operator, SmsPrice.gross_per_part).where(
            SmsPrice.valid_from <= day,
            sa.or_(SmsPrice.valid_until.is_(None), SmsPrice.valid_until >= day),
        )
    ).all()
    return Tariff(
        prices={prefix: price for prefix, operator, price in rows if not operator},
        operators={operator: price for _prefix, operator, price in rows if operator},
        operator_of=operator_of,
    )


def price_in_force(tariff: Tariff, number: str) -> int:
    """What a part costs for an E.164 number, in 1/10000 PLN. Raises NoPrice."""
    price = tariff.price_of(number)
    if price is None:
        raise NoPrice(number=number)
    return price
