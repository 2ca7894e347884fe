"""What a VAT invoice must hold before it can be issued (art. 106e ust. 1 of the VAT Act)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from domain.errors import DomainError
from domain.printed_text import printed_line


class IncompleteParty(DomainError):
    """Parameters: ``party``, ``missing``."""

    message = "No invoice can be issued yet. Fill in under Settings: %(missing)s."


class SameParty(DomainError):
    message = "The seller and the buyer have the same NIP: an invoice to oneself cannot be issued."


@dataclass(frozen=True, slots=True)
class Party:
    """A seller or a buyer as an invoice names them."""

    name: str
    nip: str
    street: str
    postal_code: str
    city: str
    email: str = ""

    @classmethod
    def from_json(cls, stored: Mapping[str, str]) -> "Party":
        return cls(**{name: str(stored.get(name, "")) for name in cls.__dataclass_fields__})

    def to_json(self) -> dict[str, str]:
        return asdict(self)

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of the fields an invoice needs and this party lacks, or holds nothing printable in."""
        needed = ("name", "nip", "street", "postal_code", "city")
        return tuple(name for name in needed if not printed_line(getattr(self, name)))


def check_parties(seller: Party, buyer: Party) -> None:
    """Raise IncompleteParty or SameParty unless an invoice between them can be issued."""
    missing = [
        *(f"seller.{name}" for name in seller.missing),
        *(f"buyer.{name}" for name in buyer.missing),
    ]
    if missing:
        raise IncompleteParty(missing=", ".join(missing))
    if seller.nip == buyer.nip:
        raise SameParty


def invoice_number(series: str, sequence: int, year: int) -> str:
    """``FV/17/2026``."""
    return f"{series}/{sequence}/{year}"
