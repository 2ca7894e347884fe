"""The sample company's contracts, as rows."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from domain.contract_types import ContractType
from models.investment import Contract, ContractParty
from sandbox.sample_plan import Party
from sandbox.sample_rows import Rows

NUMBERS = {
    ContractType.DEVELOPMENT: "UD/{number:04}/{year}",
    ContractType.PRELIMINARY: "UP/{number:03}/{year}",
    ContractType.RESERVATION: "RZ/{number:04}/{year}",
    ContractType.SALE: "Rep. A {number}/{year}",
}
FLATS_ON_A_FLOOR, FLOORS = 6, 7
LONGEST_AGO, SHORTEST_AGO = 900, 120
BETWEEN_CONTRACTS = 60


class ContractWriter:
    """Adds the contracts of one party after another; ids count from 1."""

    def __init__(self, rows: Rows, rng: Random, *, today: date) -> None:
        self._rows, self._rng, self._today = rows, rng, today
        self._units: dict[int, int] = {}
        self._numbers: dict[tuple[int, ContractType], int] = {}
        self.count = 0

    def write(self, party: Party, client_ids: Sequence[int]) -> None:
        """One flat in each investment; its contracts follow one another."""
        for investment_id in sorted({place for place, _kind in party.contracts}):
            unit = self._unit(investment_id)
            signed = self._today - timedelta(days=self._rng.randint(SHORTEST_AGO, LONGEST_AGO))
            for kind in (kind for place, kind in party.contracts if place == investment_id):
                self._contract(investment_id, kind, unit, min(signed, self._today), client_ids)
                signed += timedelta(days=self._rng.randint(BETWEEN_CONTRACTS // 2, BETWEEN_CONTRACTS))

    def _contract(
        self, investment_id: int, kind: ContractType, unit: str, signed: date, client_ids: Sequence[int]
    ) -> None:
        self.count += 1
        number = self._numbers[investment_id, kind] = self._numbers.get((investment_id, kind), 0) + 1
        if kind == ContractType.SALE:
            number = 1200 + 7 * number
        self._rows.add(
            Contract,
            id=self.count,
            investment_id=investment_id,
            type=kind,
            number=NUMBERS[kind].format(number=number, year=signed.year),
            unit=unit,
            signed_on=signed,
        )
        for client_id in client_ids:
            self._rows.add(ContractParty, contract_id=self.count, client_id=client_id)

    def _unit(self, investment_id: int) -> str:
        place = self._units[investment_id] = self._units.get(investment_id, -1) + 1
        building, rest = divmod(place, FLATS_ON_A_FLOOR * FLOORS)
        floor, flat = divmod(rest, FLATS_ON_A_FLOOR)
        letter = chr(ord("A") + building % 26)
        staircase = f"{building // 26 + 1}" if building >= len("ABCDEFGHIJKLMNOPQRSTUVWXYZ") else ""
        return f"{letter}{staircase}/{floor}/{floor * FLATS_ON_A_FLOOR + flat + 1}"
