"""What a VAT invoice must hold before it can be issued (art. 106e ust. 1 of the VAT Act)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from domain.errors import DomainError, Listed
from domain.printed_text import printed_line


class IncompleteParty(DomainError):
    """``missing``: what has nothing printable in it yet, by its label."""

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


@dataclass(frozen=True, slots=True)
class _Needed:
    party: str
    field: str
    label: str


_NEEDED = (
    _Needed("seller", "name", label="the seller's name"),
    _Needed("seller", "nip", label="the seller's NIP"),
    _Needed("seller", "street", label="the seller's street"),
    _Needed("seller", "postal_code", label="the seller's postal code"),
    _Needed("seller", "city", label="the seller's city"),
    _Needed("buyer", "name", label="the buyer's name"),
    _Needed("buyer", "nip", label="the buyer's NIP"),
    _Needed("buyer", "street", label="the buyer's street"),
    _Needed("buyer", "postal_code", label="the buyer's postal code"),
    _Needed("buyer", "city", label="the buyer's city"),
)


def check_parties(seller: Party, buyer: Party) -> None:
    """Raise IncompleteParty or SameParty unless an invoice between them can be issued."""
    parties = {"seller": seller, "buyer": buyer}
    missing = [one.label for one in _NEEDED if not printed_line(getattr(parties[one.party], one.field))]
    if missing:
        raise IncompleteParty(missing=Listed(tuple(missing)))
    if seller.nip == buyer.nip:
        raise SameParty


def invoice_number(series: str, sequence: int, year: int) -> str:
    """``FV/17/2026``."""
    return f"{series}/{sequence}/{year}"
