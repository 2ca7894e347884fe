"""A bounce that a person writes down: what came back by another way than our mailbox."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.addresses import address_digest, normalise_email
from domain.bounces import BounceKind, Finding
from domain.errors import DomainError
from domain.local_time import WARSAW
from models.bounce import Bounce
from models.client import EmailAddress
from models.setting import SUPPRESSION_KEY, secret_of
from services.bounce_effect import block_if_due
from services.classify_anew import typed_finding
from services.record_audit import append_audit
from services.take_bounce import KEPT_CHARACTERS, client_of_address

_CODE = re.compile(r"[245]\.[0-7]\.\d{1,3}|[45][0-5]\d")
_ADDRESS = re.compile(r"[^\s@<>]+@[^\s@<>]+")
_NOON = time(12)


class NoAddressOfBounce(DomainError):
    message = "Give the address that the message came back from, or a client who has one."


class NoCodeOfBounce(DomainError):
    message = "A code looks like 5.1.1 or 550."


class NothingCameBack(DomainError):
    message = "Give the code, or paste what came back."


class BounceOfTomorrow(DomainError):
    message = "A message cannot come back on a day that is still to come."


@dataclass(frozen=True, slots=True)
class TypedBounce:
    """What was typed in; without an ``address`` the client's primary one is meant."""

    address: str
    client_id: int | None
    code: str
    said: str
    came_on: date


@dataclass(frozen=True, slots=True)
class UnderstoodBounce:
    """Whose address it is, and what the classifier says of it."""

    finding: Finding
    client_id: int | None


def understand_typed(session: Session, typed: TypedBounce, *, now: datetime) -> UnderstoodBounce:
    """What would be recorded. Raises NoAddressOfBounce, NoCodeOfBounce, NothingCameBack, BounceOfTomorrow and
    AboutSomebodyElse.
    """
    address = typed.address.strip() or _address_of(session, typed.client_id)
    code = typed.code.strip()
    if not _ADDRESS.fullmatch(address):
        raise NoAddressOfBounce
    if code and not _CODE.fullmatch(code):
        raise NoCodeOfBounce
    if not code and not typed.said.strip():
        raise NothingCameBack
    if typed.came_on > now.astimezone(WARSAW).date():
        raise BounceOfTomorrow
    finding = typed_finding(address, code, typed.said[:KEPT_CHARACTERS])
    client_id = typed.client_id or client_of_address(session, _digest(session, address))
    return UnderstoodBounce(finding, client_id)


def record_typed(session: Session, typed: TypedBounce, *, actor_id: int | None, now: datetime) -> Bounce:
    """Record it and act on it as on one that came by itself; audits, commits. Raises what `understand_typed`
    does.
    """
    understood = understand_typed(session, typed, now=now)
    finding = understood.finding
    bounce = Bounce(
        kind=BounceKind.MANUAL,
        verdict=finding.verdict,
        address=finding.address[:400],
        address_digest=_digest(session, finding.address),
        status_code=(finding.status or typed.code.strip())[:20],
        diagnostic=finding.diagnostic[:600],
        raw=(typed.said.strip() or typed.code).replace("\0", "")[:KEPT_CHARACTERS],
        received_at=_moment(typed.came_on, now),
        client_id=understood.client_id,
    )
    session.add(bounce)
    session.flush()
    block_if_due(session, bounce, actor_id=actor_id, now=now)
    session.flush()
    append_audit(
        session,
        actor_id=actor_id,
        action="create",
        entity="bounce",
        entity_id=bounce.id,
        values={"verdict": finding.verdict.value, "suppression": bounce.suppression_id},
        now=now,
    )
    session.commit()
    return bounce


def _address_of(session: Session, client_id: int | None) -> str:
    owned = sa.select(EmailAddress.address).where(
        EmailAddress.client_id == client_id, EmailAddress.is_primary.is_(True)
    )
    return session.scalar(owned) or ""


def _digest(session: Session, address: str) -> str:
    return address_digest(normalise_email(address), secret_of(session.connection(), SUPPRESSION_KEY))


def _moment(day: date, now: datetime) -> datetime:
    """Now for a bounce of today; noon in Warsaw for one of another day."""
    return now if day == now.astimezone(WARSAW).date() else datetime.combine(day, _NOON, WARSAW)
