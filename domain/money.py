"""Amounts: złoty for people, whole units of 1/10000 zł in storage, and the VAT inside a gross price."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from domain.errors import DomainError

UNITS_PER_ZLOTY = 10_000
UNITS_PER_GROSZ = 100
_LONGEST = 15
_GROSZ = Decimal("0.01")
_WHOLE = Decimal(100)


class NotAnAmount(DomainError):
    """Parameter: ``text``."""

    message = "“%(text)s” is not an amount of money. Write it like 100 or 49,99."


class NoAmount(NotAnAmount):
    message = "Enter the amount."


def units_of(amount: Decimal) -> int:
    """Złoty as units. Raises ValueError for what units cannot hold: money is never rounded by storing it."""
    units = amount * UNITS_PER_ZLOTY
    if units != units.to_integral_value():
        raise ValueError("an amount has at most four decimals")
    return int(units)


def zloty_of(units: int) -> Decimal:
    """Units as złoty, always with four decimals."""
    return Decimal(units).scaleb(-4)


def in_zloty(units: int) -> Decimal:
    """Units as a sentence names them: 12.34, with four decimals only where two do not say it all."""
    exact = zloty_of(units)
    return exact.quantize(_GROSZ) if units % UNITS_PER_GROSZ == 0 else exact


def amount_of(text: str) -> Decimal:
    """What a person typed, ``49,99`` or ``1 000.50``, in złoty: plain digits, at most fifteen, and a comma or
    a point. Raises NotAnAmount, and NoAmount for nothing.
    """
    compact = text.strip().replace("\u00a0", "").replace("\u202f", "").replace(" ", "").replace(",", ".")
    if not compact:
        raise NoAmount
    plain = compact.replace(".", "", 1)
    if not (plain.isascii() and plain.isdecimal() and len(plain) <= _LONGEST):
        raise NotAnAmount(text=text[:40])
    return Decimal(compact)


def grosze_of(text: str) -> int:
    """The same in grosze. Raises NotAnAmount for what is no whole number of them, too."""
    grosze = amount_of(text) * 100
    if grosze != grosze.to_integral_value():
        raise NotAnAmount(text=text[:40])
    return int(grosze)


@dataclass(frozen=True, slots=True)
class Vat:
    """Grosze; ``net + tax`` is the gross amount to the grosz."""

    net: int
    tax: int


def vat_of_gross(gross: int, rate_percent: int) -> Vat:
    """The tax inside a gross price: gross · rate / (100 + rate), half a grosz up (art. 106e ust. 7)."""
    exact = Decimal(gross).scaleb(-2) * rate_percent / (_WHOLE + rate_percent)
    tax = int(exact.quantize(_GROSZ, ROUND_HALF_UP).scaleb(2))
    return Vat(net=gross - tax, tax=tax)
