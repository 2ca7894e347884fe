"""Who bought what in the sample company, and what is wrong with whom: decided before a row is written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import TypeVar

from domain.contract_types import ContractType
from domain.eligibility import EMAIL_REASONS, Reason

T = TypeVar("T")

FIRST, SECOND = 1, 2
"""The investments' ids."""
FIRST_MISSING, FIRST_WITHOUT_CONSENT = 10, 17
EXACT_TYPES = (ContractType.SALE, ContractType.RESERVATION)
COMPANY_SHARE = 0.12

# What one party signed in one investment, and how often.
HISTORIES: tuple[tuple[tuple[ContractType, ...], int], ...] = (
    ((ContractType.DEVELOPMENT,), 20),
    ((ContractType.RESERVATION,), 16),
    ((ContractType.RESERVATION, ContractType.DEVELOPMENT), 16),
    ((ContractType.DEVELOPMENT, ContractType.SALE), 16),
    ((ContractType.RESERVATION, ContractType.DEVELOPMENT, ContractType.SALE), 8),
    ((ContractType.PRELIMINARY,), 10),
    ((ContractType.PRELIMINARY, ContractType.SALE), 8),
    ((ContractType.SALE,), 6),
)
DEFECTS: tuple[tuple[Reason | None, int], ...] = (
    (None, 86),
    (Reason.MISSING_EMAIL, 3),
    (Reason.INVALID_EMAIL, 2),
    (Reason.BLOCKED_EMAIL, 1),
    (Reason.OPTED_OUT, 2),
    (Reason.NO_EMAIL_CONSENT, 6),
)


class PartyKind(StrEnum):
    PERSON = "person"
    COUPLE = "couple"
    COMPANY = "company"


@dataclass(slots=True)
class Party:
    """Those who sign together. ``defect`` is that of the first of them; ``size`` counts contact persons."""

    kind: PartyKind
    size: int
    contracts: list[tuple[int, ContractType]] = field(default_factory=list)
    defect: Reason | None = None
    shares_address: bool = False

    @property
    def signatories(self) -> int:
        return 2 if self.kind == PartyKind.COUPLE else 1

    @property
    def is_counted_exactly(self) -> bool:
        """Whether the first investment's pre-flight for sale and reservation counts it."""
        return any(place == FIRST and kind in EXACT_TYPES for place, kind in self.contracts)


def plan(rng: Random, clients: int) -> list[Party]:
    """Parties of ``clients`` clients altogether, in random order.

    Behind the first investment's sale and reservation contracts exactly FIRST_MISSING (client, contract)
    pairs lack an address and FIRST_WITHOUT_CONSENT a consent; each type of contract of the second one
    has every kind of error.
    """
    parties = list(_scripted())
    left = clients - sum(party.size for party in parties)
    while left:
        party = _random_party(rng, left)
        left -= party.size
        parties.append(party)
    rng.shuffle(parties)
    return parties


def _scripted() -> Iterator[Party]:
    defects = [Reason.MISSING_EMAIL] * FIRST_MISSING + [Reason.NO_EMAIL_CONSENT] * FIRST_WITHOUT_CONSENT
    for number, defect in enumerate(defects):
        history = [(FIRST, EXACT_TYPES[number % 2])]
        if number % 3 == 0:
            history.insert(0, (FIRST, ContractType.DEVELOPMENT))
        yield _scripted_party(number, history, defect)
    for number, kind in enumerate(ContractType):
        for place, defect in enumerate(EMAIL_REASONS):
            yield _scripted_party(number + place, [(SECOND, kind)], defect)


def _scripted_party(number: int, contracts: list[tuple[int, ContractType]], defect: Reason) -> Party:
    is_company = number % 7 == 3  # noqa: PLR2004 - about one in seven
    kind = PartyKind.COMPANY if is_company else PartyKind.PERSON
    return Party(kind, 2 if is_company else 1, contracts, defect)


def _random_party(rng: Random, most: int) -> Party:
    party = _people(rng, most)
    history = _history(rng)
    where = FIRST if rng.random() < 0.55 else SECOND  # noqa: PLR2004 - the larger one
    if rng.random() < 0.88:  # noqa: PLR2004 - the others have only asked so far
        party.contracts += [(where, kind) for kind in history]
        if rng.random() < 0.06:  # noqa: PLR2004 - a second flat in the other investment
            party.contracts += [(FIRST + SECOND - where, kind) for kind in _history(rng)]
    if not party.is_counted_exactly:
        party.defect = _defect(rng, party)
    return party


def _people(rng: Random, most: int) -> Party:
    draw = rng.random()
    if draw < COMPANY_SHARE * 1.5 and most > 1:
        return Party(PartyKind.COMPANY, min(most, rng.choice((1, 2, 2, 3))))
    if draw < 0.45 and most > 1:  # noqa: PLR2004 - a bit more than a quarter
        return Party(PartyKind.COUPLE, 2, shares_address=rng.random() < 0.4)  # noqa: PLR2004
    return Party(PartyKind.PERSON, 1)


def _history(rng: Random) -> tuple[ContractType, ...]:
    return _weighted(rng, HISTORIES)


def _defect(rng: Random, party: Party) -> Reason | None:
    defect = _weighted(rng, DEFECTS)
    if defect == Reason.BLOCKED_EMAIL and not (
        party.kind != PartyKind.COUPLE and any(place == SECOND for place, _kind in party.contracts)
    ):
        return None
    if party.shares_address and defect in (Reason.MISSING_EMAIL, Reason.INVALID_EMAIL):
        return None
    return defect


def _weighted(rng: Random, choices: Sequence[tuple[T, int]]) -> T:
    return rng.choices([value for value, _ in choices], [weight for _, weight in choices])[0]
