"""One client as a message to nobody else needs to know them: where to, whether, and with which values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Channel, Purpose
from domain.eligibility import Reason
from models.client import Client, EmailAddress, PhoneNumber
from queries.email_eligibility import email_reason_column, with_email_facts
from queries.marketing_grant import marketing_grant
from queries.merge_values import merge_values_column, with_records
from queries.sms_eligibility import sms_reason_column, with_sms_facts


@dataclass(frozen=True, slots=True)
class OneClient:
    """``address`` is the primary e-mail address, or the primary number in E.164; ``reason``: why nothing may
    go there, if so. ``values``: dotted path to text. ``consent_event_id``: what marketing relies on.
    """

    id: int
    name: str
    address: str
    address_digest: str
    reason: Reason | None
    consent_event_id: int | None
    values: Mapping[str, str]


def one_client(session: Session, client_id: int, channel: Channel, purpose: Purpose) -> OneClient | None:
    """The client, by the rules of every audience; None for one that is merged, erased or not there."""
    row = session.execute(
        sa.select(
            Client.name,
            *_contact(channel, purpose),
            marketing_grant(Client.id, channel).label("consent_event_id"),
        )
        .select_from(with_sms_facts(Client) if channel is Channel.SMS else with_email_facts(Client))
        .where(Client.id == client_id, Client.merged_into_id.is_(None), Client.erased_at.is_(None))
    ).one_or_none()
    if row is None:
        return None
    return OneClient(
        id=client_id,
        name=row.name,
        address=row.address or "",
        address_digest=row.address_digest or "",
        reason=Reason(row.reason) if row.reason else None,
        consent_event_id=row.consent_event_id if purpose is Purpose.MARKETING else None,
        values=_values(session, client_id),
    )


def _contact(channel: Channel, purpose: Purpose) -> list[sa.ColumnElement[Any]]:
    if channel is Channel.SMS:
        return [
            sa.type_coerce(PhoneNumber.normalised, sa.String).label("address"),
            sa.type_coerce(PhoneNumber.address_digest, sa.String).label("address_digest"),
            sms_reason_column(purpose).label("reason"),
        ]
    return [
        sa.type_coerce(EmailAddress.address, sa.String).label("address"),
        sa.type_coerce(EmailAddress.address_digest, sa.String).label("address_digest"),
        email_reason_column(purpose).label("reason"),
    ]


def _values(session: Session, client_id: int) -> dict[str, str]:
    alone = sa.select(sa.literal(client_id).label("client_id")).subquery("alone")
    source = with_records(alone, with_contract=False)
    found = session.scalar(sa.select(merge_values_column(with_contract=False)).select_from(source))
    return dict(found or {})
