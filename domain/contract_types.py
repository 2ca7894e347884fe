"""The four kinds of contract a client signs with a developer."""

from enum import StrEnum


class ContractType(StrEnum):
    DEVELOPMENT = "development"
    PRELIMINARY = "preliminary"
    RESERVATION = "reservation"
    SALE = "sale"


POLISH_TITLES = {
    ContractType.DEVELOPMENT: "Umowa deweloperska",
    ContractType.PRELIMINARY: "Umowa przedwstępna",
    ContractType.RESERVATION: "Umowa rezerwacyjna",
    ContractType.SALE: "Umowa sprzedaży",
}
"""What the contract itself is titled: correspondence is Polish whatever language the panel is in."""
