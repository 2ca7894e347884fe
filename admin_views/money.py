"""How amounts look in the panel, and how they are typed there."""

from decimal import Decimal
from typing import Any

from flask_babel import format_currency
from wtforms import DecimalField
from wtforms.widgets import TextInput

from domain.money import NotAnAmount, amount_of, zloty_of
from extensions.babel import current_language, translate


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


class AmountField(DecimalField):
    """An amount as people write it here, with a comma as well.

    Not an ``<input type="number">``: a browser empties that when its value holds a comma (HTML, 4.10.5.1.12).
    """

    widget = TextInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        """No sign, no exponent, no more digits than are stored: see `domain.money.amount_of`."""
        self.data = None
        typed = valuelist[0] if valuelist else ""
        if not typed.strip():
            return
        try:
            self.data = amount_of(typed)
        except NotAnAmount as error:
            raise ValueError(translate(error)) from error

    def _value(self) -> str:
        typed: str = super()._value()  # type: ignore[misc]  # the stubs leave it out
        return typed.replace(".", ",") if current_language() == "pl" else typed
