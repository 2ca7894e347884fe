"""What one SMS part costs, by the number it goes to, on one day."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Tariff:
    """The gross prices in force, 1/10000 PLN a part, by prefix (digits after the +); the longest counts."""

    prices: Mapping[str, int]
    lengths: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        lengths = sorted({len(prefix) for prefix in self.prices}, reverse=True)
        object.__setattr__(self, "lengths", tuple(lengths))

    def price_of(self, number: str) -> int | None:
        """The price a part for an E.164 number, or None when the list has none for it."""
        digits = number.removeprefix("+")
        return next(
            (
                self.prices[digits[:length]]
                for length in self.lengths
                if len(digits) >= length and digits[:length] in self.prices
            ),
            None,
        )
