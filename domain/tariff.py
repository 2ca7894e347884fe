"""What one SMS part costs, by the number it goes to, on one day."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

POLAND = "48"
"""The country calling code (ITU-T E.164) of the numbers whose operators are known."""


def nobody(_digits: str) -> str:
    """The operator of numbers of which none is known."""
    return ""


@dataclass(frozen=True, slots=True)
class Tariff:
    """The gross prices in force, 1/10000 PLN a part; the narrowest that fits a number counts.

    In this order: the longest prefix (digits after the +) that says more than the country; the operator of
    the number; the longest prefix of what is left, so the country's; last the empty prefix, every number's.
    ``operator_of`` takes the digits and gives a name that ``operators`` knows, or an empty one.
    """

    prices: Mapping[str, int]
    operators: Mapping[str, int] = field(default_factory=dict)
    operator_of: Callable[[str], str] = nobody
    lengths: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        lengths = sorted({len(prefix) for prefix in self.prices}, reverse=True)
        object.__setattr__(self, "lengths", tuple(lengths))

    def price_of(self, number: str) -> int | None:
        """The price a part for an E.164 number, or None when the list has none for it."""
        digits = number.removeprefix("+")
        prefix = next((digits[:length] for length in self.lengths if digits[:length] in self.prices), None)
        narrow = prefix is not None and len(prefix) > len(POLAND) and prefix.startswith(POLAND)
        if self.operators and not narrow:
            operator = self.operators.get(self.operator_of(digits))
            if operator is not None:
                return operator
        return None if prefix is None else self.prices[prefix]
