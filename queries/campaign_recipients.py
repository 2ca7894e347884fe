"""The frozen audience with what became of each recipient."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.contract_types import ContractType
from domain.delivery import DeliveryState, Status
from domain.eligibility import Reason
from domain.names import fold
from models.campaign import CampaignRecipient
from models.client import Client, ClientKind
from models.investment import Contract
from models.message import Message

ROWS_AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class RecipientFilter:
    """``status`` of the message behind the recipient; ``left_out``: only those who got none."""

    status: Status | None = None
    left_out: bool = False
    search: str = ""


@dataclass(frozen=True, slots=True)
class Recipient:
    """``reason`` is why the client was left out when the audience was frozen, or skipped at sending;
    ``parts`` and ``cost`` (1/10000 PLN) are of an SMS that was charged.
    """

    client_id: int | None
    name: str | None
    kind: ClientKind | None
    contract_id: int | None
    contract_type: ContractType | None
    contract_number: str | None
    address: str | None
    reason: Reason | None
    message_id: int | None
    status: Status | None
    delivery_state: DeliveryState | None
    error_code: str | None
    error_text: str | None
    due_at: datetime | None
    sent_at: datetime | None
    parts: int | None
    cost: int | None


def count_recipients(session: Session, campaign_id: int, wanted: RecipientFilter) -> int:
    """How many (client, contract) recipients the filter leaves."""
    query = _joined(sa.select(sa.func.count(CampaignRecipient.id)), campaign_id, wanted)
    return session.scalar(query) or 0


def page_of_recipients(
    session: Session, campaign_id: int, wanted: RecipientFilter, *, limit: int, offset: int
) -> Sequence[Recipient]:
    """One page, in the order they were frozen."""
    query = _listed(campaign_id, wanted).limit(limit).offset(offset)
    return [Recipient(*row) for row in session.execute(query)]


def every_recipient(session: Session, campaign_id: int, wanted: RecipientFilter) -> Iterator[Recipient]:
    """All of them, read from the database in pieces."""
    rows = session.execute(_listed(campaign_id, wanted).execution_options(yield_per=ROWS_AT_A_TIME))
    for row in rows:
        yield Recipient(*row)


def _listed(campaign_id: int, wanted: RecipientFilter) -> sa.Select[Any]:
    columns: tuple[Any, ...] = (
        CampaignRecipient.client_id,
        Client.name,
        Client.kind,
        Contract.id,
        Contract.type,
        Contract.number,
        CampaignRecipient.address,
        sa.func.coalesce(CampaignRecipient.reason, Message.reason, type_=Message.reason.type),
        Message.id,
        Message.status,
        Message.delivery_state,
        Message.error_code,
        Message.error_text,
        Message.due_at,
        Message.sent_at,
        Message.parts,
        Message.cost,
    )
    return _joined(sa.select(*columns), campaign_id, wanted).order_by(CampaignRecipient.id)


def _joined(query: sa.Select[Any], campaign_id: int, wanted: RecipientFilter) -> sa.Select[Any]:
    query = (
        query.select_from(CampaignRecipient)
        .outerjoin(Client, Client.id == CampaignRecipient.client_id)
        .outerjoin(Contract, Contract.id == CampaignRecipient.contract_id)
        .outerjoin(Message, Message.id == CampaignRecipient.message_id)
        .where(CampaignRecipient.campaign_id == campaign_id)
    )
    if wanted.left_out:
        query = query.where(CampaignRecipient.reason.is_not(None))
    elif wanted.status is not None:
        query = query.where(Message.status == wanted.status)
    for word in fold(wanted.search).split():
        query = query.where(
            sa.or_(
                Client.search.contains(word, autoescape=True),
                CampaignRecipient.address.icontains(word, autoescape=True),
            )
        )
    return query
