"""The sample company's clients, with their addresses, numbers and consents, as rows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from stdnum.pl import nip as nip_check

from domain.addresses import address_digest
from domain.eligibility import Reason
from domain.names import fold
from models.client import Client, ClientKind, EmailAddress, Membership, PhoneKind, PhoneNumber
from models.contact_checks import email_columns, phone_columns
from sandbox.sample_consents import ConsentWriter
from sandbox.sample_names import (
    CITIES,
    FIRM_ENDINGS,
    FIRM_NAMES,
    MAILBOXES,
    MEN,
    MOBILE_BEGINNINGS,
    ROLES,
    STREETS,
    SURNAMES,
    TRADES,
    WOMEN,
    surname,
)
from sandbox.sample_plan import Party, PartyKind
from sandbox.sample_rows import Rows

OLDEST = timedelta(days=3 * 365)
NEWEST = timedelta(days=40)
HALF = 0.5


@dataclass(frozen=True, slots=True)
class Home:
    street: str
    postal_code: str
    city: str


class ClientWriter:
    """Adds one party after another; ids count from 1."""

    def __init__(
        self, rows: Rows, rng: Random, *, key: bytes, now: datetime, manager_ids: tuple[int, ...]
    ) -> None:
        self._rows, self._rng, self._key, self._now = rows, rng, key, now
        self._managers = manager_ids
        self._consents = ConsentWriter(rows, rng, now=now)
        self._last_id = 0
        self._mailboxes: dict[str, int] = {}
        self._firms: dict[str, int] = {}

    def write(self, party: Party) -> list[int]:
        """Add the party's clients; the ids of those who sign."""
        if party.kind == PartyKind.COMPANY:
            return [self._company(party)]
        home = self._home()
        family = self._rng.choice(SURNAMES)
        first_is_woman = self._rng.random() < HALF
        ids: list[int] = []
        shared: str | None = None
        for place in range(party.signatories):
            woman = first_is_woman if place == 0 else not first_is_woman
            defect = party.defect if place == 0 else None
            client_id, address = self._person(home, family, woman=woman, defect=defect, shared=shared)
            shared = address if party.shares_address else None
            ids.append(client_id)
        return ids

    def _person(
        self, home: Home, family: str, *, woman: bool, defect: Reason | None, shared: str | None = None
    ) -> tuple[int, str]:
        first, last = self._person_name(family, woman=woman)
        created = self._past()
        client_id = self._client(home, f"{first} {last}", created, defect, first_name=first, last_name=last)
        address = shared or self._mailbox(f"{fold(first)}.{fold(last)}", self._rng.choice(MAILBOXES))
        self._email(client_id, address, defect, label="prywatny")
        self._phone(client_id, has_one=self._rng.random() < 0.94)  # noqa: PLR2004 - nearly everybody
        self._consents.write(client_id, created, defect)
        return client_id, address

    def _company(self, party: Party) -> int:
        home, rng = self._home(), self._rng
        name, short = self._firm()
        created = self._past()
        domain = f"{short}.example"
        company_id = self._client(home, name, created, party.defect, company_name=name, nip=self._nip())
        self._email(company_id, f"biuro@{domain}", party.defect, label="biuro")
        self._phone(company_id, has_one=True, landline=rng.random() < HALF)
        self._consents.write(company_id, created, party.defect)
        for place in range(party.size - 1):
            person_id = self._contact_person(home, domain, created)
            self._rows.add(
                Membership,
                company_id=company_id,
                person_id=person_id,
                is_default=place == 0,
                role=rng.choice(ROLES),
            )
        return company_id

    def _contact_person(self, home: Home, domain: str, created: datetime) -> int:
        first, last = self._person_name(self._rng.choice(SURNAMES), woman=self._rng.random() < HALF)
        person_id = self._client(home, f"{first} {last}", created, None, first_name=first, last_name=last)
        self._email(person_id, self._mailbox(f"{fold(first)}.{fold(last)}", domain), None, label="służbowy")
        self._phone(person_id, has_one=True)
        self._consents.write(person_id, created, None)
        return person_id

    def _person_name(self, family: str, *, woman: bool) -> tuple[str, str]:
        return self._rng.choice(WOMEN if woman else MEN), surname(family, woman=woman)

    def _client(self, home: Home, name: str, created: datetime, defect: Reason | None, **values: Any) -> int:
        self._last_id += 1
        row = {"first_name": "", "last_name": "", "company_name": "", "nip": None} | values
        self._rows.add(
            Client,
            **row,
            kind=ClientKind.COMPANY if row["company_name"] else ClientKind.PERSON,
            id=self._last_id,
            name=name,
            search=fold(f"{name} {row['nip'] or ''} {home.city}")[:300],
            street=home.street,
            postal_code=home.postal_code,
            city=home.city,
            allow_email=defect != Reason.OPTED_OUT,
            account_manager_id=self._rng.choice(self._managers),
            created_at=created,
            updated_at=created,
        )
        return self._last_id

    def _email(self, client_id: int, address: str, defect: Reason | None, *, label: str) -> None:
        if defect == Reason.MISSING_EMAIL:
            if self._rng.random() < 0.3:  # noqa: PLR2004 - an address is there, but none is the primary one
                self._add_email(client_id, address, "stary", is_primary=False)
            return
        if defect == Reason.INVALID_EMAIL:
            address = self._mistyped(address)
        self._add_email(client_id, address, label, is_primary=True)
        if self._rng.random() < 0.08:  # noqa: PLR2004 - some have a second one
            local = address.partition("@")[0].partition("(")[0].strip(".")
            self._add_email(client_id, f"{local}.dom@listy.example", "dodatkowy", is_primary=False)

    def _add_email(self, client_id: int, address: str, label: str, *, is_primary: bool) -> None:
        derived = (
            email_columns(address, self._key)
            if not _is_plain(address)
            else {
                "normalised": address,
                "address_digest": address_digest(address, self._key),
                "is_valid": True,
            }
        )
        self._rows.add(
            EmailAddress, client_id=client_id, address=address, label=label, is_primary=is_primary, **derived
        )

    def _mistyped(self, address: str) -> str:
        local, _, domain = address.partition("@")
        return self._rng.choice(
            (
                f"{local}@{domain.partition('.')[0]}",
                f"{local}@{domain.replace('.', ',')}",
                f"{local}(at){domain}",
                f"{local.replace('.', '..')}@{domain}" if "." in local else f"{local}@@{domain}",
            )
        )

    def _phone(self, client_id: int, *, has_one: bool, landline: bool = False) -> None:
        if not has_one:
            return
        rng = self._rng
        beginning = "71" if landline else rng.choice(MOBILE_BEGINNINGS)
        digits = f"{beginning}{rng.randrange(10 ** (9 - len(beginning))):0{9 - len(beginning)}}"
        if landline:
            number, derived = f"71 {digits[2:5]} {digits[5:7]} {digits[7:]}", phone_columns(digits, self._key)
        else:
            number = f"+48 {digits[:3]} {digits[3:6]} {digits[6:]}"
            derived = {
                "normalised": f"+48{digits}",
                "address_digest": address_digest(f"+48{digits}", self._key),
                "is_valid": True,
                "is_polish_mobile": True,
            }
        self._rows.add(
            PhoneNumber,
            client_id=client_id,
            number=number,
            kind=PhoneKind.LANDLINE if landline else PhoneKind.MOBILE,
            is_primary=True,
            **derived,
        )

    def _mailbox(self, local: str, domain: str) -> str:
        address = f"{local}@{domain}"
        taken = self._mailboxes[address] = self._mailboxes.get(address, 0) + 1
        return address if taken == 1 else f"{local}{taken}@{domain}"

    def _firm(self) -> tuple[str, str]:
        rng = self._rng
        trade, called = rng.choice(TRADES), rng.choice(FIRM_NAMES)
        short = "".join(filter(str.isalnum, fold(f"{trade.split()[0]}{called}")))
        taken = self._firms[short] = self._firms.get(short, 0) + 1
        number = f" {taken}" if taken > 1 else ""
        return f"{trade} {called}{number} {rng.choice(FIRM_ENDINGS)}", f"{short}{taken if taken > 1 else ''}"

    def _nip(self) -> str:
        while True:
            nine = f"{self._rng.randint(1, 9)}{self._rng.randint(1, 9)}{self._rng.randrange(10**7):07}"
            for last in "0123456789":
                if nip_check.is_valid(nine + last):
                    return nine + last

    def _home(self) -> Home:
        rng = self._rng
        city, prefix, _weight = rng.choices(CITIES, [weight for _name, _prefix, weight in CITIES])[0]
        flat = f"/{rng.randint(1, 60)}" if rng.random() < 0.6 else ""  # noqa: PLR2004
        street = f"ul. {rng.choice(STREETS)} {rng.randint(1, 120)}{flat}"
        return Home(street, f"{prefix}-{rng.randint(10, 999):03}", city)

    def _past(self) -> datetime:
        span = (OLDEST - NEWEST).total_seconds()
        return self._now - NEWEST - timedelta(seconds=round(span * self._rng.random()))


def _is_plain(address: str) -> bool:
    """A spelling that is its own normal form and surely valid, so that it need not be checked."""
    local, at, domain = address.partition("@")
    return (
        bool(at) and (local + domain).isascii() and _is_dotted(local) and _is_dotted(domain) and "." in domain
    )


def _is_dotted(text: str) -> bool:
    return all(part.isalnum() and part == part.lower() for part in text.split("."))
