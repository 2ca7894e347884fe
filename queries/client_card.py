"""What a client's card shows beside the client: each answer is one query."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, scoped_session, selectinload

from models.client import EmailAddress, Membership, PhoneNumber
from models.consent import ConsentDefinition, ConsentState
from models.investment import Contract, ContractParty
from models.message import Message
from models.suppression import Suppression

AnySession = Session | scoped_session[Any]


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """A definition and what the client's events amount to under it; no state when nothing was ever said."""

    definition: ConsentDefinition
    state: ConsentState | None

    @property
    def counts(self) -> bool:
        """Whether it is granted under a wording that still counts."""
        state = self.state
        return bool(state and state.granted and state.wording_version >= self.definition.minimum_version)


def consent_lines(session: AnySession, client_id: int) -> list[ConsentLine]:
    """Every active definition, and every other one the client said something about."""
    of_client = sa.and_(
        ConsentState.definition_id == ConsentDefinition.id, ConsentState.client_id == client_id
    )
    rows = session.execute(
        sa.select(ConsentDefinition, ConsentState)
        .outerjoin(ConsentState, of_client)
        .where(sa.or_(ConsentDefinition.is_active, ConsentState.client_id.is_not(None)))
        .options(joinedload(ConsentState.event), selectinload(ConsentDefinition.wordings))
        .order_by(ConsentDefinition.position, ConsentDefinition.id)
    )
    return [ConsentLine(definition, state) for definition, state in rows]


def active_suppressions(session: AnySession, client_id: int) -> list[tuple[Suppression, str]]:
    """Blocks on any of the client's addresses and numbers, with the address as it is written."""
    owned: Any = sa.union_all(
        sa.select(EmailAddress.address_digest, EmailAddress.address.label("written")).where(
            EmailAddress.client_id == client_id
        ),
        sa.select(PhoneNumber.address_digest, PhoneNumber.number.label("written")).where(
            PhoneNumber.client_id == client_id
        ),
    ).subquery()
    rows = session.execute(
        sa.select(Suppression, owned.c.written)
        .join(owned, owned.c.address_digest == Suppression.address_digest)
        .where(Suppression.lifted_at.is_(None))
        .order_by(Suppression.created_at.desc())
    )
    return [(suppression, written) for suppression, written in rows]


def contracts_of(session: AnySession, client_id: int) -> list[Contract]:
    statement = (
        sa.select(Contract)
        .join(ContractParty)
        .where(ContractParty.client_id == client_id)
        .options(joinedload(Contract.investment))
        .order_by(Contract.signed_on.desc().nulls_last(), Contract.id.desc())
    )
    return list(session.scalars(statement))


def last_messages(session: AnySession, client_id: int, limit: int = 10) -> list[Message]:
    statement = (
        sa.select(Message)
        .where(Message.client_id == client_id)
        .options(joinedload(Message.campaign))
        .order_by(Message.id.desc())
        .limit(limit)
    )
    return list(session.scalars(statement))


def contact_persons(session: AnySession, client_id: int) -> list[Membership]:
    """The client's contact persons, or the companies whose contact person the client is."""
    statement = (
        sa.select(Membership)
        .where(sa.or_(Membership.company_id == client_id, Membership.person_id == client_id))
        .options(joinedload(Membership.company), joinedload(Membership.person))
        .order_by(Membership.is_default.desc(), Membership.id)
    )
    return list(session.scalars(statement))
