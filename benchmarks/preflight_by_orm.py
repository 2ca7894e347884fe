"""The pre-flight as it is usually written: the ORM with eager loading, in batches, rules in Python."""

from collections import Counter
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload

from domain.channel import Channel, Purpose
from domain.contract_types import ContractType
from domain.eligibility import EmailFacts, Grant, Reason, email_reason
from models.client import Client
from models.consent import ConsentState
from models.investment import Contract, ContractParty
from models.suppression import Suppression
from queries.preflight import PreflightReport

AT_ONCE = 1000


def preflight_by_orm(session: Session, investment_id: int, types: Sequence[ContractType]) -> PreflightReport:
    """The same report as `queries.preflight.preflight`."""
    query = (
        sa.select(ContractParty)
        .join(ContractParty.contract)
        .join(ContractParty.client)
        .options(
            contains_eager(ContractParty.client).selectinload(Client.email_addresses),
        )
        .where(
            Contract.investment_id == investment_id,
            Contract.type.in_(list(types)),
            Client.merged_into_id.is_(None),
        )
        .execution_options(yield_per=AT_ONCE)
    )
    errors: Counter[Reason] = Counter()
    skipped: set[int] = set()
    addresses: set[str] = set()
    for batch in session.scalars(query).partitions():
        clients = [party.client for party in batch]
        grants = _grants(session, clients)
        blocked = _blocked(session, clients)
        for client in clients:
            email = client.primary_email
            facts = EmailFacts(
                address=email.address if email else None,
                is_valid=bool(email and email.is_valid),
                is_suppressed=bool(email and email.address_digest in blocked),
                allow_email=client.allow_email,
                grants=grants.get(client.id, ()),
            )
            reason = email_reason(facts, Purpose.MARKETING)
            if reason is None:
                assert email is not None
                addresses.add(email.normalised)
            else:
                errors[reason] += 1
                skipped.add(client.id)
    return PreflightReport(len(addresses), dict(errors), len(skipped))


def _grants(session: Session, clients: Sequence[Client]) -> Mapping[int, list[Grant]]:
    states = session.scalars(
        sa.select(ConsentState)
        .options(joinedload(ConsentState.definition))
        .where(ConsentState.client_id.in_([client.id for client in clients]))
    )
    grants: dict[int, list[Grant]] = {}
    for state in states:
        definition = state.definition
        grants.setdefault(state.client_id, []).append(
            Grant(
                definition.channel,
                definition.purpose,
                definition.is_active,
                definition.minimum_version,
                state.wording_version,
                state.granted,
            )
        )
    return grants


def _blocked(session: Session, clients: Sequence[Client]) -> set[str]:
    digests = [email.address_digest for client in clients if (email := client.primary_email)]
    return set(
        session.scalars(
            sa.select(Suppression.address_digest).where(
                Suppression.channel == Channel.EMAIL,
                Suppression.address_digest.in_(digests),
                Suppression.lifted_at.is_(None),
            )
        )
    )
