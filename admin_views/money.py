"""How amounts look in the panel."""

from decimal import Decimal
from typing import Any

from flask_babel import format_currency

from domain.money import zloty_of


def grosze(amount: int) -> str:
    """Whole grosze as people write them: ``1 234,56`` and the currency."""
    return str(format_currency(Decimal(amount).scaleb(-2), "PLN"))


def units(amount: int) -> str:
    """Units of 1/10000 PLN, with as many decimals as they need and at least two."""
    zloty = zloty_of(amount)
    exact = zloty == zloty.quantize(Decimal("0.01"))
    return str(format_currency(zloty, "PLN", None if exact else "#,##0.00## ¤", currency_digits=False))


def grosze_column(_view: Any, _context: Any, model: Any, name: str) -> str:
    return grosze(getattr(model, name))


def units_column(_view: Any, _context: Any, model: Any, name: str) -> str:
    return units(getattr(model, name))
